import { expect, test } from "vitest";
import { compare } from "./compare.ts";

test.each([
  ["nothing, where both are the same", { a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }, []],
  ["the place of another value", { a: { b: 1 } }, { a: { b: 2 } }, ["a.b: peer 1, weir 2"]],
  ["what one of them lacks", { a: 1 }, { b: 1 }, ["a: peer 1, weir nothing", "b: peer nothing, weir 1"]],
  [
    "lines by what they say",
    { log: ["x", "y", "y"] },
    { log: ["y", "z"] },
    ['log: only peer has "x"', 'log: only peer has "y"', 'log: only weir has "z"'],
  ],
  ["lines in another order", { log: ["x", "y"] }, { log: ["y", "x"] }, ["log: in another order"]],
  ["a number from the same number as text", { n: 1 }, { n: "1" }, ['n: peer 1, weir "1"']],
])("tells %s", (_, peer, weir, found) => {
  expect(compare(peer, weir)).toEqual(found);
});
