import { expect, test } from "vitest";
import { freePriority, shiftPriorities } from "./queue-priorities.ts";

const queues = [
  { id: "a", priority: 1 },
  { id: "b", priority: 2 },
  { id: "c", priority: 5 },
];

test("a new queue takes the first free priority", () => {
  expect(freePriority([])).toBe(1);
  expect(freePriority(queues)).toBe(3);
});

test.each([
  ["onto a taken place, those in its way step back", { id: "c", priority: 1 }, { a: 2, b: 3, c: 1 }],
  ["onto a free place, nobody else moves", { id: "a", priority: 4 }, { a: 4, b: 2, c: 5 }],
  ["to the end, nobody else moves", { id: "a", priority: 9 }, { a: 9, b: 2, c: 5 }],
  ["to where it is, nobody moves", { id: "b", priority: 2 }, { a: 1, b: 2, c: 5 }],
])("when a queue moves %s", (_, moved, after) => {
  const changed = new Map(shiftPriorities(queues, moved).map(({ id, priority }) => [id, priority]));
  expect(Object.fromEntries(queues.map(({ id, priority }) => [id, changed.get(id) ?? priority]))).toEqual(after);
});
