import type { FlowRunChildren } from "@weir/operations";
import { expect, test } from "vitest";
import { axisMarks, timelineRows } from "./timeline-rows.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const state = { type: "COMPLETED" as const, name: "Completed", message: null, timestamp: at(9) };
const task = (id: string, start: number, childFlowRunId: string | null = null): FlowRunChildren["tasks"][number] => ({
  id,
  version: 1,
  name: id,
  taskKey: id,
  state,
  expectedStartTime: at(start),
  startTime: at(start),
  endTime: at(start + 1),
  runSeconds: 1,
  runCount: 1,
  tags: [],
  childFlowRunId,
});
const flow = (id: string, start: number): FlowRunChildren["subflows"][number] => ({
  id,
  version: 1,
  name: id,
  state,
  flow: { id: "f", name: "f" },
  deployment: null,
  workPool: null,
  workQueue: null,
  expectedStartTime: at(start),
  startTime: at(start),
  endTime: at(start + 1),
  latenessSeconds: 0,
  runSeconds: 1,
  runCount: 1,
  tags: [],
  parentFlowRunId: "run",
});

test("a subflow takes the place of the task run that stands for it, and opens in its place", () => {
  const top = { tasks: [task("b", 3), task("a", 1), task("stand-in", 2, "child")], subflows: [flow("child", 2)] };
  const inside = { tasks: [task("inner", 2)], subflows: [] };
  const rows = timelineRows(top, new Set(["child"]), () => inside);
  expect(rows.map(({ id, level }) => `${level} ${id}`)).toEqual(["1 a", "1 child", "2 inner", "1 b"]);
});

test("an open subflow that is still being read says so", () => {
  const rows = timelineRows({ tasks: [], subflows: [flow("child", 2)] }, new Set(["child"]), () => undefined);
  expect(rows).toMatchObject([{ id: "child", isExpanded: true, isReading: true }]);
});

test("marks of an axis are at round seconds, at most eight", () => {
  expect(axisMarks(12).map((mark) => mark.seconds)).toEqual([0, 2, 4, 6, 8, 10, 12]);
  for (const seconds of [0, 0.3, 59, 4_000, 90_000, 9e6]) expect(axisMarks(seconds).length).toBeLessThanOrEqual(8);
});
