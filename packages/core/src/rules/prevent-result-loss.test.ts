import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const data = { storage_key: "k" };

test.each([
  [{ type: "COMPLETED", data }, "COMPLETED", "keep"],
  [{ type: "COMPLETED", data }, { type: "COMPLETED", data: { storage_key: "other" } }, "store"],
  [{ type: "COMPLETED", data }, "FAILED", "store"],
  [{ type: "COMPLETED", data }, "RUNNING", "store"],
  ["COMPLETED", "COMPLETED", "store"],
  ["FAILED", "CRASHED", "store"],
] as const)("forced from %j to %j", (from, to, kind) => {
  expect(decideFlowRun("minimal", flowRun(from, to)).kind).toBe(kind);
});
