import { type Micros, parseUuid, uuidv7Time } from "@weir/contracts";
import { expect, test } from "vitest";
import { batchDigest, lineId } from "./line-id.ts";

const at = 1_795_530_000_123_456 as Micros;
const batch = batchDigest("0123456789abcdef00");

test("a line's id is a version 7 one of its own time, the same whenever its batch is sent", () => {
  const id = lineId(at, 3, batch);
  expect(lineId(at, 3, batchDigest("0123456789abcdef00"))).toBe(id);
  expect(parseUuid(id)).toBe(id);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7003-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidv7Time(id)).toBe(1_795_530_000_123_000);
});

test("the same line in another batch is another line", () => {
  expect(lineId(at, 3, batchDigest("1123456789abcdef"))).not.toBe(lineId(at, 3, batch));
  expect(lineId(at, 3, batchDigest("0123456789abcdee"))).not.toBe(lineId(at, 3, batch));
});

test("lines of one instant sort by their place, and none shares an id however long the batch", () => {
  const ids = Array.from({ length: 50_000 }, (_, place) => lineId(at, place, batch));
  expect(new Set(ids).size).toBe(50_000);
  expect(ids.slice(0, 4096)).toEqual([...ids.slice(0, 4096)].sort());
});

test.each([-1, -62_135_596_800_000_000, 9_000_000_000_000_000])(
  "a line of the instant %d has a UUID for its id",
  (instant) => {
    const id = lineId(instant as Micros, 0, batch);
    expect(parseUuid(id)).toBe(id);
  },
);
