import { createHash } from "node:crypto";
import type { Page, Position } from "@weir/db";

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
