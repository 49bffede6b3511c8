import type { Micros } from "@weir/contracts";
import { expect, test } from "vitest";
import { NOON } from "../given.ts";
import { grantSlots, retryAfter, type SlotAsk, type SlotLimit, type SlotWaiter } from "./grant.ts";

const at = (seconds: number) => (NOON + seconds * 1e6) as Micros;
const limit = (name: string, given: Partial<SlotLimit> = {}): SlotLimit => ({
  ...{ id: name, name, limit: 1, isActive: true, taken: 0, decayPerSecond: 0, occupancySeconds: 2, waiting: [] },
  crowd: null,
  ...given,
});
const ask = (id: string, names: string[], given: Partial<SlotAsk> = {}): SlotAsk => ({
  ...{ id, key: "", names, slots: 1, mode: "concurrency", since: undefined },
  ...given,
});
const place = (id: string, since: number, given: Partial<SlotWaiter> = {}): SlotWaiter => ({
  ...{ id, key: "", slots: 1, since: at(since), isHeld: true },
  ...given,
});
const judge = (limits: SlotLimit[], ...asks: SlotAsk[]) => grantSlots(limits, asks, NOON);
const told = (limits: SlotLimit[], ...asks: SlotAsk[]) => judge(limits, ...asks).verdicts.map(({ kind }) => kind);

const full = { taken: 1 };
const crowded = { taken: 1, waiting: [place("w", -9)], crowd: { slots: 3, since: at(-1) } };

test.each<[string, SlotLimit[], SlotAsk[], string[]]>([
  ["a free slot is granted", [limit("a")], [ask("1", ["a"])], ["granted"]],
  ["a name without a limit does not limit", [], [ask("1", ["a"])], ["granted"]],
  ["an inactive limit does not limit", [limit("a", { isActive: false, taken: 9 })], [ask("1", ["a"])], ["granted"]],
  ["the last slot goes to one", [limit("a")], [ask("1", ["a"]), ask("2", ["a"])], ["granted", "full"]],
  ["a name given twice counts once", [limit("a")], [ask("1", ["a", "a"])], ["granted"]],
  ["all limits or none", [limit("a"), limit("b", full)], [ask("1", ["a", "b"]), ask("2", ["a"])], ["full", "granted"]],
  ["several slots at once", [limit("a", { limit: 3, taken: 1 })], [ask("1", ["a"], { slots: 2 })], ["granted"]],
  ["more slots than are free", [limit("a", { limit: 3, taken: 2 })], [ask("1", ["a"], { slots: 2 })], ["full"]],
  ["more slots than there are", [limit("a")], [ask("1", ["a"], { slots: 2 })], ["refused"]],
  ["no slots at all", [limit("a", { limit: 0 })], [ask("1", ["a"])], ["refused"]],
  ["a rate of what does not decay", [limit("a")], [ask("1", ["a"], { mode: "rate_limit" })], ["refused"]],
  [
    "a rate",
    [limit("a", { decayPerSecond: 1, taken: 0.3, limit: 2 })],
    [ask("1", ["a"], { mode: "rate_limit" }), ask("2", ["a"], { mode: "rate_limit" })],
    ["granted", "full"],
  ],
  ["who comes does not overtake who waits", [limit("a", { waiting: [place("w", -1)] })], [ask("1", ["a"])], ["full"]],
  [
    "who waits is served before who comes",
    [limit("a", { waiting: [place("w", -1)] })],
    [ask("1", ["a"]), ask("w", ["a"], { since: at(-1) })],
    ["full", "granted"],
  ],
  [
    "of two who wait the first is served",
    [limit("a", { waiting: [place("v", -1), place("w", -2)] })],
    [ask("v", ["a"], { since: at(-1) }), ask("w", ["a"], { since: at(-2) })],
    ["full", "granted"],
  ],
  [
    "there is room behind those who wait",
    [limit("a", { limit: 3, waiting: [place("w", -2), place("v", -1)] })],
    [ask("1", ["a"])],
    ["granted"],
  ],
  [
    "many slots are not starved by few",
    [limit("a", { limit: 3, taken: 2, waiting: [place("w", -1, { slots: 3 })] })],
    [ask("1", ["a"])],
    ["full"],
  ],
  [
    "who comes back has its place",
    [limit("a", { waiting: [place("w", -2, { key: "task_run:x", isHeld: false }), place("v", -1)] })],
    [ask("1", ["a"], { key: "task_run:x" })],
    ["granted"],
  ],
  [
    "somebody who is away holds up nobody",
    [limit("a", { waiting: [place("w", -2, { key: "task_run:x", isHeld: false })] })],
    [ask("1", ["a"], { key: "task_run:y" }), ask("2", ["a"], { key: "task_run:y" })],
    ["granted", "full"],
  ],
  [
    "a place is taken up by one",
    [limit("a", { limit: 2, taken: 1, waiting: [place("w", -2, { isHeld: false }), place("v", -1)] })],
    [ask("1", ["a"]), ask("2", ["a"])],
    ["granted", "full"],
  ],
])("%s", (_, limits, asks, verdicts) => {
  expect(told(limits, ...asks)).toEqual(verdicts);
});

test("who finds no slot takes a place before the limits that have none, and before no other", () => {
  const { change } = judge([limit("a"), limit("b", full)], ask("1", ["a", "b"]));
  expect(change.waits.map(({ id, limitId }) => [id, limitId])).toEqual([["1", "b"]]);
  expect([...change.taken]).toEqual([]);
});

test("a place before a limit that has room again is given up, though another has none", () => {
  const limits = [limit("a", { waiting: [place("w", -1)] }), limit("b", { ...full, waiting: [place("w", -1)] })];
  const { change } = judge(limits, ask("w", ["a", "b"], { since: at(-1) }));
  expect(change).toMatchObject({ leaves: [{ limitId: "a", id: "w" }], waits: [] });
});

test("who is granted its slots leaves the queue, once", () => {
  const { change } = judge([limit("a", { waiting: [place("w", -1)] })], ask("w", ["a"], { since: at(-1) }));
  expect(change).toMatchObject({ leaves: [{ limitId: "a", id: "w" }], waits: [] });
  expect([...change.taken]).toEqual([["a", 1]]);
});

test.each([
  ["by how long slots were held of late", limit("a", { limit: 2, taken: 2, occupancySeconds: 3 }), 1, 1.5],
  ["at most half a minute", limit("a", { taken: 1, occupancySeconds: 3600 }), 1, 30],
  ["at most ten seconds for a tag", limit("tag:a", { taken: 1, occupancySeconds: 3600 }), 1, 10],
  ["exactly what decaying takes", limit("a", { limit: 2, taken: 2, decayPerSecond: 0.5 }), 1, 2],
  ["a crowd before it decays too", limit("a", { ...crowded, decayPerSecond: 0.5 }), 1, 10],
  ["those before it decay too", limit("a", { taken: 1, decayPerSecond: 0.5, waiting: [place("w", -1)] }), 1, 4],
])("the wait is told %s", (_, one, slots, seconds) => {
  const [verdict] = judge([one], ask("1", [one.name], { slots })).verdicts;
  expect(verdict).toMatchObject({ kind: "full", seconds });
});

test.each([
  [0, 0, 0.035],
  [10, 0, 7],
  [10, 1, 13],
  [1e9, 0.5, 60],
])("%d seconds at random %d are told as %d", (seconds, random, told) => {
  expect(retryAfter(seconds, random)).toBe(told);
});
