import type { Position } from "@weir/db";
import { expect, test } from "vitest";
import { walk } from "./paging.ts";

/** A list of `total` rows that notes where each page was asked to start. */
function listOf(total: number, limit: number) {
  const asked: Position[] = [];
  const list = async (position: Position) => {
    asked.push(position);
    const start = "offset" in position ? position.offset : Number(position.after[0]) + 1;
    const rows = Array.from({ length: Math.max(0, Math.min(limit, total - start)) }, (_, index) => start + index);
    const last = rows.at(-1);
    return { rows, next: rows.length === limit && last !== undefined ? ([String(last), "id"] as const) : undefined };
  };
  return { asked, list };
}

test("a client that walks page by page is served from where its last page ended", async () => {
  const { asked, list } = listOf(5, 2);
  const pages = [];
  for (let offset = 0; offset < 6; offset += 2) pages.push(await walk("walk", { offset, limit: 2 }, list));
  expect(pages).toEqual([[0, 1], [2, 3], [4]]);
  expect(asked).toEqual([{ offset: 0 }, { after: ["1", "id"] }, { after: ["3", "id"] }]);
});

test("an offset that was never walked to is counted off", async () => {
  const { asked, list } = listOf(5, 2);
  expect(await walk("jump", { offset: 3, limit: 2 }, list)).toEqual([3, 4]);
  expect(asked).toEqual([{ offset: 3 }]);
});

test("another question does not go on from this one's place", async () => {
  const { asked, list } = listOf(5, 2);
  await walk("one", { offset: 0, limit: 2 }, list);
  await walk("other", { offset: 2, limit: 2 }, list);
  expect(asked.at(-1)).toEqual({ offset: 2 });
});
