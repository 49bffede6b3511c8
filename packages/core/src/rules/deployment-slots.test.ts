import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";
import type { DeploymentSlots, FlowPolicy, SlotManners } from "../types.ts";

const slots = (given: Partial<DeploymentSlots> = {}): DeploymentSlots => ({
  ...{ limit: 1, free: 1, cancelsNew: false, graceSeconds: 300, isLeaseAlive: true },
  ...given,
});
const full = slots({ free: 0 });
const LEASE = "019fb000-0000-7000-8000-0000000000aa";
const ours = { deployment_concurrency_lease_id: LEASE };
const NEXT = "019fb000-0000-7000-8000-00000000000d";

type From = Parameters<typeof flowRun>[0];
type To = Parameters<typeof flowRun>[1];

/** What was decided, in few words: the state and its lease, or the verdict; then what becomes of slots. */
function told(
  from: From,
  to: To,
  of: DeploymentSlots | null,
  manners: SlotManners = "renews",
  policy: FlowPolicy = "core",
) {
  const decision = decideFlowRun(policy, { ...flowRun(from, to, { slots: of }), slotManners: manners });
  if (decision.kind !== "store") return [decision.kind, decision.reason];
  const { name, details } = decision.state;
  return [name, details.deployment_concurrency_lease_id, decision.slots?.kind];
}

test.each<[string, From, To, DeploymentSlots | null, SlotManners, unknown[]]>([
  ["claimed with a slot", "SCHEDULED", "PENDING", slots(), "renews", ["Pending", NEXT, "claim"]],
  ["claimed without a limit", "SCHEDULED", "PENDING", null, "renews", ["Pending", undefined, undefined]],
  ["claimed when full", "SCHEDULED", "PENDING", full, "renews", ["AwaitingConcurrencySlot", undefined, "wait"]],
  [
    "claimed when full, CANCEL_NEW",
    "SCHEDULED",
    "PENDING",
    slots({ free: 0, cancelsNew: true }),
    "renews",
    ["Cancelled", undefined, undefined],
  ],
  [
    "claimed half a slot",
    "SCHEDULED",
    "PENDING",
    slots({ free: 0.5 }),
    "renews",
    ["AwaitingConcurrencySlot", undefined, "wait"],
  ],
  [
    "claimed by a worker that takes slots itself",
    "SCHEDULED",
    "PENDING",
    full,
    "takes",
    ["Pending", undefined, undefined],
  ],
  ["claimed by an old client", "SCHEDULED", "PENDING", slots(), "holds", ["Pending", NEXT, "claim"]],
  [
    "claimed again after a failure",
    { type: "FAILED", ...ours },
    "PENDING",
    slots(),
    "renews",
    ["Pending", NEXT, "claim"],
  ],
  [
    "claimed with a lease of long ago",
    { type: "SCHEDULED", ...ours },
    "PENDING",
    null,
    "renews",
    ["Pending", undefined, undefined],
  ],
  [
    "told of its progress",
    { type: "PENDING", ...ours },
    { type: "PENDING", name: "Submitting" },
    full,
    "renews",
    ["Submitting", LEASE, undefined],
  ],
  ["started in time", { type: "PENDING", ...ours }, "RUNNING", full, "renews", ["Running", LEASE, "renew"]],
  ["started by an old client", { type: "PENDING", ...ours }, "RUNNING", full, "holds", ["Running", LEASE, "renew"]],
  [
    "started too late, with a slot",
    { type: "PENDING", ...ours },
    "RUNNING",
    slots({ isLeaseAlive: false }),
    "renews",
    ["Running", NEXT, "claim"],
  ],
  [
    "started too late",
    { type: "PENDING", ...ours },
    "RUNNING",
    slots({ free: 0, isLeaseAlive: false }),
    "renews",
    ["Cancelled", undefined, "release"],
  ],
  ["started without a lease", "PENDING", "RUNNING", full, "renews", ["Running", undefined, undefined]],
  [
    "cancelled before it ran",
    { type: "PENDING", ...ours },
    "CANCELLING",
    full,
    "renews",
    ["Cancelling", LEASE, undefined],
  ],
  ["done", { type: "RUNNING", ...ours }, "COMPLETED", full, "renews", ["Completed", LEASE, "release"]],
  ["crashed", { type: "PENDING", ...ours }, "CRASHED", full, "renews", ["Crashed", LEASE, "release"]],
  ["cancelled", { type: "CANCELLING", ...ours }, "CANCELLED", full, "renews", ["Cancelled", LEASE, "release"]],
  ["suspended", { type: "RUNNING", ...ours }, "PAUSED", full, "renews", ["Paused", LEASE, "release"]],
  [
    "rescheduled",
    { type: "RUNNING", ...ours },
    { type: "SCHEDULED", name: "AwaitingRetry" },
    full,
    "renews",
    ["AwaitingRetry", LEASE, "release"],
  ],
  ["done long ago", { type: "FAILED", ...ours }, "SCHEDULED", full, "renews", ["Scheduled", LEASE, undefined]],
])("a run that is %s", (_, from, to, of, manners, expected) => {
  expect(told(from, to, of, manners)).toEqual(expected);
});

test("a limit of none aborts", () => {
  const reason = "The deployment concurrency limit is 0. The flow will deadlock if submitted again.";
  expect(told("SCHEDULED", "PENDING", slots({ limit: 0, free: 0 }))).toEqual(["abort", reason]);
});

test("a run that fails and tries again in its process keeps its slot", () => {
  const asked = flowRun({ type: "RUNNING", ...ours }, "FAILED", { slots: full, policy: { retries: 1 }, runCount: 1 });
  const decision = decideFlowRun("core", asked);
  expect(decision).toMatchObject({ kind: "store", state: { name: "AwaitingRetry", details: ours } });
  expect(decision).not.toHaveProperty("slots");
});

test("a run that waited for its slot is due when it has it; any other is when it was", () => {
  const due = (name: string) => {
    const from = { type: "SCHEDULED" as const, name, scheduled_time: noon(30) };
    const decision = decideFlowRun("core", flowRun(from, "PENDING", { slots: slots() }));
    return decision.kind === "store" && decision.state.details.scheduled_time;
  };
  expect([due("AwaitingConcurrencySlot"), due("Scheduled")]).toEqual([noon(), noon(30)]);
});

test("a run that waits is looked at again in half a minute, and remembers its proposal", () => {
  const to = { type: "PENDING" as const, transition_id: NEXT };
  const decision = decideFlowRun("core", flowRun("SCHEDULED", to, { slots: full }));
  expect(decision).toMatchObject({ state: { details: { scheduled_time: noon(30), transition_id: NEXT } } });
});

test.each<[string, DeploymentSlots | null, unknown[]]>([
  [
    "with CANCEL_NEW and no slot is cancelled",
    slots({ free: 0, cancelsNew: true }),
    ["Cancelled", undefined, undefined],
  ],
  ["with CANCEL_NEW and a slot is late", slots({ cancelsNew: true }), ["Late", undefined, undefined]],
  ["that waits for a slot is late", full, ["Late", undefined, undefined]],
  ["without a limit is late", null, ["Late", undefined, undefined]],
])("a late run %s", (_, of, expected) => {
  expect(told("SCHEDULED", { type: "SCHEDULED", name: "Late" }, of, "renews", "mark-late")).toEqual(expected);
});

test("forced out of its work, a run gives its slot back too", () => {
  expect(told({ type: "RUNNING", ...ours }, "CRASHED", full, "renews", "minimal")).toEqual([
    "Crashed",
    undefined,
    "release",
  ]);
});

test.each([
  ["claims", "FAILED", "renews", { kind: "abort", reason: "Deployment not found." }],
  ["claims, of a client that takes slots itself,", "FAILED", "takes", { kind: "store" }],
] as const)("a worker that %s a run of a deployment that was deleted", (_, from, slotManners, decision) => {
  const asked = { ...flowRun(from, "PENDING", { isDeploymentGone: true }), slotManners };
  expect(decideFlowRun("core", asked)).toMatchObject(decision);
});
