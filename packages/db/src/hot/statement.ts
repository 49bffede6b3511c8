import { WeirError } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { sqlState, translate } from "../client.ts";
import { queryPrepared } from "./prepared-query.ts";

/** A statement of the hot path: prepared once per connection under its name. */
export type Statement = { name: string; text: string };

/** Runs a named statement on the hot connections; database trouble becomes a WeirError that tells the client to ask again. */
export async function execute<R extends Row>(
  db: Pick<Db, "hot">,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  try {
    return await queryPrepared<R>(db.hot, statement.name, statement.text, values);
  } catch (error) {
    throw translate(error);
  }
}

/** True for a fault that trying the items of a batch one by one cannot cure. */
export function isDatabaseDown(error: unknown): boolean {
  return error instanceof WeirError && error.code === "unavailable";
}

/**
 * How a batch of rows that carry their own ids is stored. `fresh` takes all of them for new, as nearly always they are. Where
 * one is not, a unique key is violated, nothing is stored, and `known` stores the batch: it looks, and leaves what is there.
 */
export type Manner = "fresh" | "known";

const UNIQUE_VIOLATION = "23505";

/** Stores a batch as fresh, or else as known. Not looking for each row saves a third of what a batch costs. */
export async function store(
  db: Pick<Db, "hot">,
  statements: Record<Manner, Statement>,
  values: unknown[],
): Promise<void> {
  await execute(db, statements.fresh, values).catch((error: unknown) => {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    return execute(db, statements.known, values);
  });
}
