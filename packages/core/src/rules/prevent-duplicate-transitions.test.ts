import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const reason = "This run has already made this state transition.";
const rule = "prevent-duplicate-transitions";

test.each([
  ["the same id again", { transition_id: "a" }, { transition_id: "a" }, { kind: "keep", reason, rule }],
  ["another id", { transition_id: "a" }, { transition_id: "b" }, { kind: "store" }],
  ["no id", {}, {}, { kind: "store" }],
  ["an id where none was", {}, { transition_id: "a" }, { kind: "store" }],
])("RUNNING asked for twice with %s", (_, current, proposed, decision) => {
  const asked = flowRun({ type: "RUNNING", ...current }, { type: "RUNNING", ...proposed });
  expect(decideFlowRun("core", asked)).toMatchObject(decision);
});

test("a pause that is asked for again is accepted again: a refusal would end its engine", () => {
  const asked = flowRun({ type: "PAUSED", transition_id: "a" }, { type: "PAUSED", transition_id: "a" });
  expect(decideFlowRun("core", asked)).toEqual({ kind: "keep", rule });
});

test.each([
  ["the same state again", { type: "CRASHED", transition_id: "a" }, { kind: "keep", rule: "keep-forced-duplicates" }],
  ["another state under its id", { type: "FAILED", transition_id: "a" }, { kind: "store" }],
  ["the same state under another id", { type: "CRASHED", transition_id: "b" }, { kind: "store" }],
] as const)("CRASHED, and then forced: %s", (_, proposed, decision) => {
  expect(decideFlowRun("forced", flowRun({ type: "CRASHED", transition_id: "a" }, proposed))).toMatchObject(decision);
});

test("a failure that became a retry is told of the retry when its client asks again", () => {
  const first = flowRun("RUNNING", { type: "FAILED", transition_id: "a" }, { runCount: 1, policy: { retries: 1 } });
  const stored = decideFlowRun("core", first);
  if (stored.kind !== "store") throw new Error(stored.kind);
  expect(decideFlowRun("core", { ...first, current: stored.state })).toEqual({ kind: "keep", reason, rule });
});
