import { expect, test } from "vitest";
import { Batcher } from "./batcher.ts";

/** A batcher whose batches are noted, and end when told to. */
function noting(fail?: (items: string[]) => void, atOnce = 2) {
  const batches: string[][] = [];
  const gates: (() => void)[] = [];
  const batcher = new Batcher<string, string>({
    key: (item) => item.split("#")[0] ?? item,
    isEveryonesFault: (error) => error instanceof Error && error.message === "down",
    maxWeight: 3,
    atOnce,
    async run(items) {
      batches.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      fail?.(items);
      return items.map((item) => item.toUpperCase());
    },
  });
  const open = async () => {
    while (gates.length > 0) {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { batcher, batches, open };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

test("a call that is alone goes out at the end of its tick", async () => {
  const { batcher, batches, open } = noting();
  const answer = batcher.submit("a");
  await tick();
  expect(batches).toEqual([["a"]]);
  await open();
  expect(await answer).toBe("A");
});

test("calls of one tick share a batch up to its weight, the rest follow, each with its own answer", async () => {
  const { batcher, batches, open } = noting();
  const answers = Promise.all(["a", "b", "c", "d"].map((item) => batcher.submit(item)));
  await tick();
  await tick();
  await open();
  expect(batches.flat().sort()).toEqual(["a", "b", "c", "d"]);
  expect(batches[0]).toEqual(["a", "b", "c"]);
  expect(await answers).toEqual(["A", "B", "C", "D"]);
});

test("what comes while a statement is under way waits for its end, unless it fills a batch", async () => {
  const { batcher, batches, open } = noting();
  const answers = ["a", "b", "c"].map((item) => batcher.submit(item));
  await tick();
  answers.push(batcher.submit("d"), batcher.submit("e"));
  await tick();
  expect(batches).toEqual([["a", "b", "c"]]);
  answers.push(batcher.submit("f"));
  await tick();
  expect(batches).toEqual([
    ["a", "b", "c"],
    ["d", "e", "f"],
  ]);
  await open();
  expect(await Promise.all(answers)).toEqual(["A", "B", "C", "D", "E", "F"]);
});

test("where one batch is under way at most, a full one waits for its end too", async () => {
  const { batcher, batches, open } = noting(() => undefined, 1);
  const answers = ["a", "b", "c"].map((item) => batcher.submit(item));
  await tick();
  answers.push(...["d", "e", "f"].map((item) => batcher.submit(item)));
  await tick();
  expect(batches).toHaveLength(1);
  await open();
  expect(await Promise.all(answers)).toEqual(["A", "B", "C", "D", "E", "F"]);
});

test("items of one key never share a batch", async () => {
  const { batcher, batches, open } = noting();
  const answers = Promise.all(["a#1", "a#2", "b"].map((item) => batcher.submit(item)));
  await tick();
  await tick();
  await open();
  expect(batches[0]).toEqual(["a#1", "b"]);
  expect(batches[1]).toEqual(["a#2"]);
  expect(await answers).toEqual(["A#1", "A#2", "B"]);
});

test("one bad item fails only its own caller", async () => {
  const { batcher, open } = noting((items) => {
    if (items.includes("bad")) throw new Error("bad row");
  });
  const answers = Promise.allSettled(["a", "bad", "c"].map((item) => batcher.submit(item)));
  await tick();
  await open();
  const settled = await answers;
  expect(settled.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a database that is away fails everybody once", async () => {
  const { batcher, batches, open } = noting(() => {
    throw new Error("down");
  });
  const answers = Promise.allSettled(["a", "b"].map((item) => batcher.submit(item)));
  await tick();
  await open();
  expect((await answers).map((one) => one.status)).toEqual(["rejected", "rejected"]);
  expect(batches).toHaveLength(1);
});
