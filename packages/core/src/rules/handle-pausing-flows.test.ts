import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";

const pause = { type: "PAUSED" as const, pause_key: "k", pause_timeout: noon(300) };
const suspension = { ...pause, name: "Suspended", pause_reschedule: true };

test.each([
  ["a running flow pauses", "RUNNING", pause, {}, { kind: "store", state: { type: "PAUSED", name: "Paused" } }],
  ["a run without a state", null, pause, {}, { kind: "abort", reason: "Cannot pause flows with no state." }],
  [
    "a pending run",
    "PENDING",
    pause,
    {},
    { kind: "keep", reason: "Cannot pause flows that are not currently running." },
  ],
  [
    "a paused run is not suspended",
    "PAUSED",
    suspension,
    {},
    { kind: "keep", reason: "Cannot suspend flows that are not currently running." },
  ],
  [
    "a pause that fired",
    "RUNNING",
    pause,
    { policy: { pause_keys: ["k"] } },
    { kind: "keep", reason: "This pause has already fired." },
  ],
  [
    "a suspension that fired",
    "RUNNING",
    suspension,
    { policy: { pause_keys: ["a", "k"] } },
    { kind: "keep", reason: "This suspend has already fired." },
  ],
  ["another pause of the same code", "RUNNING", pause, { policy: { pause_keys: ["a"] } }, { kind: "store" }],
  ["a subflow pauses in its process", "RUNNING", pause, { parentTaskRunId: "t" }, { kind: "store" }],
  [
    "a subflow is not suspended",
    "RUNNING",
    suspension,
    { parentTaskRunId: "t" },
    { kind: "abort", reason: "Cannot suspend subflows." },
  ],
  [
    "nobody would start a run of no deployment again",
    "RUNNING",
    suspension,
    { deploymentId: null },
    { kind: "abort", reason: "Cannot suspend flows without a deployment." },
  ],
  ["a deployment's run is suspended", "RUNNING", suspension, {}, { kind: "store", state: { name: "Suspended" } }],
] as const)("%s", (_, from, to, run, decision) => {
  expect(decideFlowRun("core", flowRun(from, to, run as object))).toMatchObject(decision);
});

test("each pause is remembered by its key, and one without a key by nothing", () => {
  const policy = { pause_keys: ["a"] };
  expect(decideFlowRun("core", flowRun("RUNNING", pause, { policy }))).toMatchObject({
    run: { policy: { pause_keys: ["a", "k"] } },
    policyChanged: true,
  });
  const unnamed = decideFlowRun("core", flowRun("RUNNING", { type: "PAUSED" }, { policy }));
  expect(unnamed).toMatchObject({ run: { policy }, policyChanged: false });
});
