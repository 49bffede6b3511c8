import { WeirError } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { translate } from "../client.ts";

/** A statement of the hot path: prepared once per connection under its name. */
export type Statement = { name: string; text: string };

/** Runs a named statement on the hot connections; database trouble becomes a WeirError that tells the client to ask again. */
export async function execute<R extends Row>(
  db: Pick<Db, "hot">,
  statement: Statement,
  values: unknown[],
): Promise<R[]> {
  try {
    const result = await db.hot.query<R>({ name: statement.name, text: statement.text, values });
    return result.rows;
  } catch (error) {
    throw translate(error);
  }
}

/** True for a fault that trying the items of a batch one by one cannot cure. */
export function isDatabaseDown(error: unknown): boolean {
  return error instanceof WeirError && error.code === "unavailable";
}
