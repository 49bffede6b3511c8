import { createHash } from "node:crypto";
import type { Page, Position } from "@weir/db";
import { z } from "zod";

/** Positions remembered at once; each is a few hundred bytes. */
const KEPT = 2_000;

const known = new Map<string, readonly [key: string, id: string]>();

/**
 * Serves a wire list, which pages by offset, from a keyset. The position after each full page is remembered under what was
 * asked and the next offset, so a client that walks page by page reads each page as fast as the first, and rows that
 * arrive meanwhile neither repeat nor hide others. An offset never seen before is counted off once.
 */
export async function walk<Row>(
  asked: string,
  { offset, limit }: { offset: number; limit: number },
  list: (position: Position) => Promise<Page<Row>>,
): Promise<Row[]> {
  const after = offset === 0 ? undefined : known.get(placeOf(asked, offset));
  const page = await list(after ? { after } : { offset });
  if (page.next) remember(placeOf(asked, offset + limit), page.next);
  return page.rows;
}

/** A filter may hold thousands of ids: only its digest is kept. */
function placeOf(asked: string, offset: number): string {
  return createHash("sha256").update(`${offset} ${asked}`).digest("base64");
}

function remember(key: string, position: readonly [key: string, id: string]): void {
  known.delete(key);
  known.set(key, position);
  if (known.size <= KEPT) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}

/** A page number, from 1. */
export const PageNumber = z
  .number()
  .int()
  .min(1, "Input should be greater than or equal to 1")
  .max(1_000_000)
  .nullish()
  .transform((page) => page ?? 1);

/** The members of a page object beside its rows. */
export function pageOf(count: number, limit: number, page: number) {
  return { count, limit, pages: limit > 0 ? Math.ceil(count / limit) : 0, page };
}

/** A page by its number, with how many rows and pages there are. `asked` as in `walk`. */
export async function paginate<Row>(
  asked: string,
  { page, limit }: { page: number; limit: number },
  list: (position: Position) => Promise<Page<Row>>,
  count: () => Promise<number>,
): Promise<{ rows: Row[]; told: ReturnType<typeof pageOf> }> {
  const [rows, total] = await Promise.all([walk(asked, { offset: (page - 1) * limit, limit }, list), count()]);
  return { rows, told: pageOf(total, limit, page) };
}

/** How many things one call may delete or change: 1 to 50, 50 when absent or null. */
export const BulkLimit = z
  .number()
  .int()
  .min(1, "Input should be greater than or equal to 1")
  .max(50, "Input should be less than or equal to 50")
  .nullish()
  .transform((limit) => limit ?? 50);
