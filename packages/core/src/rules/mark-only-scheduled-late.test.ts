import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const late = { type: "SCHEDULED" as const, name: "Late" };
const keep = (reason: string) => ({ kind: "keep", reason, rule: "mark-only-scheduled-late" });

test.each([
  ["SCHEDULED", { kind: "store", state: { name: "Late" } }],
  [late, keep("This flow run is already marked late.")],
  ["PENDING", keep("Only scheduled flows can be marked late.")],
  ["RUNNING", keep("Only scheduled flows can be marked late.")],
  [null, { kind: "store" }],
] as const)("a run that is %j marked late", (from, decision) => {
  expect(decideFlowRun("mark-late", flowRun(from, late))).toMatchObject(decision);
  expect(decideFlowRun("core", flowRun(from, late))).toMatchObject(decision);
});
