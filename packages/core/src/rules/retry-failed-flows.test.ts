import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";

const failed = { type: "FAILED" as const, message: "boom", data: { type: "unpersisted" }, retriable: true };

test.each([
  ["first of three attempts", { retries: 2 }, 1, noon(0)],
  ["last retry left", { retries: 2, retry_delay: 30 }, 2, noon(30)],
  ["older field names", { max_retries: 1, retry_delay_seconds: 7 }, 1, noon(7)],
  ["retries used up", { retries: 2 }, 3, undefined],
  ["no retries set", {}, 1, undefined],
  ["none allowed", { retries: 0 }, 1, undefined],
])("%s", (_, policy, runCount, due) => {
  const decision = decideFlowRun("core", flowRun("RUNNING", failed, { policy, runCount }));
  if (due === undefined) {
    expect(decision).toMatchObject({ kind: "store", state: { type: "FAILED" }, policyChanged: false });
    return;
  }
  expect(decision).toMatchObject({
    kind: "store",
    reason: "Retrying",
    rule: "retry-failed-flows",
    state: { type: "SCHEDULED", name: "AwaitingRetry", message: "boom", data: { text: '{"type":"unpersisted"}' } },
    run: { policy: { ...policy, retry_type: "in_process", pause_keys: [], resuming: false }, runCount, endTime: null },
    policyChanged: true,
  });
  expect(decision.kind === "store" && decision.state.details).toMatchObject({ scheduled_time: due });
  expect(decision.kind === "store" && decision.state.details).not.toHaveProperty("retriable");
});

test("retries used up leave the run to be retried by hand", () => {
  const policy = { retries: 1, retry_type: "in_process" as const };
  const decision = decideFlowRun("core", flowRun("RUNNING", failed, { policy, runCount: 2 }));
  expect(decision).toMatchObject({ run: { policy: { retries: 1, retry_type: null } }, policyChanged: true });
});

test("the wait keeps the lease, so that its slot is not reaped", () => {
  const running = { type: "RUNNING" as const, deployment_concurrency_lease_id: "held" };
  const decision = decideFlowRun("core", flowRun(running, failed, { policy: { retries: 1 }, runCount: 1 }));
  expect(decision).toMatchObject({ state: { details: { deployment_concurrency_lease_id: "held" } } });
});

test("a delay of centuries is still an instant", () => {
  const policy = { retries: 1, retry_delay: 1e15 };
  const decision = decideFlowRun("core", flowRun("RUNNING", failed, { policy, runCount: 1 }));
  expect(decision).toMatchObject({ state: { name: "AwaitingRetry" } });
});

test.each(["CRASHED", "CANCELLED", "COMPLETED"] as const)("%s is not retried", (to) => {
  const decision = decideFlowRun("core", flowRun("RUNNING", to, { policy: { retries: 3 }, runCount: 1 }));
  expect(decision).toMatchObject({ state: { type: to } });
});
