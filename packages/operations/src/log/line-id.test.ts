import { type Micros, parseUuid, uuidv7Time } from "@weir/contracts";
import { expect, test } from "vitest";
import { type LineContent, lineId } from "./line-id.ts";

const line: LineContent = {
  timestamp: 1_795_530_000_123_456 as Micros,
  flowRunId: "01a20e0d-48bb-791a-86ba-293913ea8829",
  taskRunId: null,
  level: 20,
  name: "prefect.flow_runs",
  message: "loaded 6",
};

test("the same line at the same place has the same id, a version 7 one of its own time", () => {
  const id = lineId(line, 3);
  expect(lineId({ ...line }, 3)).toBe(id);
  expect(parseUuid(id)).toBe(id);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7003-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidv7Time(id)).toBe(1_795_530_000_123_000);
});

test.each<[string, Partial<LineContent>]>([
  ["message", { message: "loaded 7" }],
  ["level", { level: 30 }],
  ["task run", { taskRunId: line.flowRunId }],
  ["microsecond", { timestamp: 1_795_530_000_123_457 as Micros }],
])("a line with another %s has another id", (_, other) => {
  expect(lineId({ ...line, ...other }, 3)).not.toBe(lineId(line, 3));
});

test("the same words twice in a batch are two lines, in the order they were sent", () => {
  expect(lineId(line, 4) > lineId(line, 3)).toBe(true);
});

test("a hundred thousand lines that differ have as many ids", () => {
  const ids = new Set(Array.from({ length: 100_000 }, (_, n) => lineId({ ...line, message: `row ${n}` }, 0)));
  expect(ids.size).toBe(100_000);
});
