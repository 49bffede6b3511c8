import { JsonText } from "@weir/contracts";
import type { SlotLimitRow } from "@weir/db";
import { expect, test, vi } from "vitest";
import { KnownLimits } from "./known-limits.ts";

const row = (more: Partial<SlotLimitRow> = {}): SlotLimitRow => ({
  ...{ id: "1", name: "a", version: 4, slot_limit: 9, active: true, taken: 2, slot_decay_per_second: 0 },
  ...{ avg_slot_occupancy_seconds: 2, has_expired: false, now: 0, waiting: new JsonText("[]") },
  ...{ crowd_slots: 0, crowd_since: null },
  ...more,
});
const left = { id: "1", name: "a", version: 5, taken: 3, isOpen: false };
const having = (more: Partial<SlotLimitRow> = {}, isBusy = false) => {
  const known = new KnownLimits();
  known.left([left], [row(more)], isBusy);
  return known;
};

test("a limit is known as it was left, and by every name or not at all", () => {
  expect(having().recall(["a"])).toMatchObject([{ version: 5, taken: 3, slot_limit: 9 }]);
  expect(having().recall(["a", "b"])).toBeUndefined();
});

test.each([
  ["that decays", { slot_decay_per_second: 0.1 }],
  ["that does not limit", { active: false }],
  ["that somebody waits for", { waiting: new JsonText('[{"id":"w"}]') }],
])("a limit %s is not kept in mind", (_, more) => {
  expect(having(more).recall(["a"])).toBeUndefined();
});

test("nor is one that somebody begins or ceases to wait for", () => {
  const known = having();
  known.left([{ ...left, version: 6 }], [row({ version: 5 })], true);
  expect(known.recall(["a"])).toBeUndefined();
});

test("freed slots are counted, but what was changed by others meanwhile is forgotten", () => {
  const known = having();
  known.left([{ ...left, version: 6, taken: 1 }], [], false);
  expect(known.recall(["a"])).toMatchObject([{ version: 6, taken: 1 }]);
  known.left([{ ...left, version: 8, taken: 0 }], [], false);
  expect(known.recall(["a"])).toBeUndefined();
});

test("a limit of the same name that is another one is forgotten", () => {
  const known = having();
  known.left([{ ...left, id: "2", version: 6 }], [], false);
  expect(known.recall(["a"])).toBeUndefined();
});

test("where others change the same limits, nothing is kept in mind for a while", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const known = having();
  known.wrong();
  expect(known.recall(["a"])).toBeUndefined();
  known.left([left], [row()], false);
  expect(known.recall(["a"])).toBeUndefined();
  vi.advanceTimersByTime(1_001);
  known.left([left], [row()], false);
  expect(known.recall(["a"])).toBeDefined();
  vi.useRealTimers();
});
