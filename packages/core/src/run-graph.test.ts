import { expect, test } from "vitest";
import { type GraphRun, runGraph } from "./run-graph.ts";

const run = (id: string, inputs: unknown = {}): GraphRun => ({
  ...{ kind: "task-run", id, label: id, state_type: "COMPLETED", start_time: "2026-01-01T00:00:00Z", end_time: null },
  inputs,
});
const from = (...ids: string[]) => ids.map((id) => ({ input_type: "task_run", id }));
const ids = (edges: { id: string }[]) => edges.map(({ id }) => id).join("");

test.each([
  ["nothing", [run("a")], "a:||"],
  ["a chain", [run("a"), run("b", { x: from("a") })], "a:|b| b:a||"],
  [
    "two parents in the order they started",
    [run("a"), run("b"), run("c", { x: from("b"), y: from("a") })],
    "a:|c| b:|c| c:ab||",
  ],
  ["a parent given twice", [run("a"), run("b", { x: from("a"), y: from("a", "a") })], "a:|b| b:a||"],
  ["a task inside a task", [run("a"), run("b", { __parents__: from("a") })], "a:|| b:||a"],
  ["a source of another run", [run("b", { x: from("elsewhere") })], "b:||"],
  ["sources that started later", [run("a", { x: from("b") }), run("b")], "a:b|| b:|a|"],
  ["a parameter that holds no list", [run("a"), run("b", { x: "a", y: null, z: [null, 1, "a", {}] })], "a:|| b:||"],
  ["inputs that are no object", [run("a", [1]), run("b", null), run("c", "a")], "a:|| b:|| c:||"],
])("the graph of %s", (_, runs, graph) => {
  const told = runGraph(runs).map((n) => `${n.id}:${ids(n.parents)}|${ids(n.children)}|${ids(n.encapsulating)}`);
  expect(told.join(" ")).toBe(graph);
});
