import { type Micros, parseInstant, type RunState } from "@weir/contracts";
import { expect, test } from "vitest";
import { involvedIds, readEvent } from "./client-event.ts";
import { flowRunStateEvent } from "./flow-run-event.ts";
import { eventMatches } from "./match.ts";
import { toldTaskRun } from "./task-run-fact.ts";

const FLOW_RUN = "01a20e0d-48bb-791a-86ba-293913ea8829";
const TASK_RUN = "01a20e0d-48bb-791a-86ba-293913ea8830";

function told(overrides: Record<string, unknown> = {}, payload: Record<string, unknown> = {}) {
  return JSON.stringify({
    id: "01A20E0D-48BB-791A-86BA-293913EA8831",
    occurred: "2026-11-24T14:27:44.914967+00:00",
    event: "prefect.task-run.Completed",
    resource: {
      "prefect.resource.id": `prefect.task-run.${TASK_RUN}`,
      "prefect.resource.name": "load-1",
      "prefect.orchestration": "client",
    },
    related: [
      { "prefect.resource.id": `prefect.flow-run.${FLOW_RUN}`, "prefect.resource.role": "flow-run" },
      { "prefect.resource.id": "prefect.tag.etl", "prefect.resource.role": "tag" },
    ],
    payload: {
      validated_state: {
        type: "COMPLETED",
        name: "Completed",
        message: "",
        state_details: { cache_key: null },
        data: { n: 1 },
      },
      task_run: { name: "load-1", task_key: "load", dynamic_key: "1", tags: ["etl"], run_count: 2, task_inputs: {} },
      ...payload,
    },
    ...overrides,
  });
}

function read(text: string) {
  const event = readEvent(text);
  if (typeof event === "string") throw new Error(event);
  return event;
}

test("an event keeps its text, and its id and time are canonical", () => {
  const event = read(told());
  expect(event).toMatchObject({
    id: "01a20e0d-48bb-791a-86ba-293913ea8831",
    occurred: "2026-11-24T14:27:44.914967Z",
    body: told(),
  });
});

test.each([
  ["not JSON", "{"],
  ["a list", "[]"],
  ["without an id", told({ id: undefined })],
  ["without a time", told({ occurred: "soon" })],
  ["with a name too long", told({ event: "x".repeat(1025) })],
  ["without a resource id", told({ resource: { name: "x" } })],
  ["with a label that is no text", told({ resource: { "prefect.resource.id": "x", n: 1 } })],
  ["with a related resource without a role", told({ related: [{ "prefect.resource.id": "x" }] })],
  ["too large", told({ payload: { text: "x".repeat(1_500_001) } })],
])("an event %s is refused with a reason", (_, text) => {
  expect(readEvent(text)).toEqual(expect.any(String));
});

test("NUL is taken out of an event's text, an escaped backslash before u0000 is not", () => {
  const event = read(told({}, { note: "a\u0000b", path: "C:\\u0000" }));
  expect(JSON.parse(event.body)).toMatchObject({ payload: { note: "ab", path: "C:\\u0000" } });
});

test("a task run is told by an event that its engine orchestrated", () => {
  expect(toldTaskRun(read(told()))).toMatchObject({
    id: TASK_RUN,
    flowRunId: FLOW_RUN,
    name: "load-1",
    taskKey: "load",
    dynamicKey: "1",
    runCount: 2,
    endTime: parseInstant("2026-11-24T14:27:44.914967Z"),
    state: {
      type: "COMPLETED",
      data: '{"n":1}',
      details: "{}",
    },
  });
});

test("a told document comes as it was sent, its numbers too", () => {
  const inputs = '{"n": 1.0, "big": 1152921504606846976}';
  const text = told({}, { task_run: { task_inputs: "HERE", labels: { team: "a" } } }).replace('"HERE"', inputs);
  expect(toldTaskRun(read(text))).toMatchObject({ taskInputs: inputs, labels: '{"team":"a"}' });
});

test("other events tell of no task run", () => {
  expect(toldTaskRun(read(told({ event: "prefect.flow-run.Running" })))).toBeNull();
  expect(toldTaskRun(read(told({ resource: { "prefect.resource.id": `prefect.task-run.${TASK_RUN}` } })))).toBeNull();
  expect(toldTaskRun(read(told({}, { validated_state: { type: "DONE" } })))).toBeNull();
});

test("an event is found by every resource but tags", () => {
  const { resource, related } = read(told());
  expect(involvedIds(resource, related)).toEqual([`prefect.task-run.${TASK_RUN}`, `prefect.flow-run.${FLOW_RUN}`]);
});

test.each([
  ["a name prefix", { event: { prefix: ["prefect.task-run."] } }, true],
  ["another name", { event: { name: ["prefect.task-run.Failed"] } }, false],
  ["an excluded prefix", { event: { exclude_prefix: ["prefect."] } }, false],
  ["its own resource", { resource: { id: [`prefect.task-run.${TASK_RUN}`] } }, true],
  ["a related resource as its own", { resource: { id: [`prefect.flow-run.${FLOW_RUN}`] } }, false],
  ["any resource", { any_resource: [{ id: [`prefect.flow-run.${FLOW_RUN}`] }] }, true],
  ["a related resource in its role", { related: [{ id: ["prefect.tag.etl"], role: ["tag"] }] }, true],
  ["a related resource in another role", { related: [{ id: ["prefect.tag.etl"], role: ["flow"] }] }, false],
  ["a label pattern", { resource: { labels: { "prefect.resource.name": "load-*" } } }, true],
  ["a negated label pattern", { resource: { labels: { "prefect.resource.name": "!load-*" } } }, false],
  ["a label it lacks, negated", { resource: { labels: { other: "!x" } } }, false],
])("an event asked for by %s", (_, test_, passes) => {
  expect(eventMatches(test_, read(told()))).toBe(passes);
});

const at = (text: string) => parseInstant(text) ?? (0 as Micros);
const state = (over: Partial<RunState>): RunState => ({
  id: "01a20e0d-48bb-791a-86ba-293913ea8840",
  type: "RUNNING",
  name: "Running",
  timestamp: at("2026-11-24T12:00:00Z"),
  message: null,
  data: null,
  details: {},
  ...over,
});
const run = {
  id: FLOW_RUN,
  name: "misty-heron",
  runCount: 1,
  tags: ["prod"],
  parentTaskRunId: null,
  flow: { id: TASK_RUN, name: "etl" },
  deployment: null,
  workQueue: null,
  workPool: { id: TASK_RUN, name: "k8s", type: "kubernetes" },
  creator: null,
};

test("a state's event has the state's id and time, and names the pool that may have to stop the run", () => {
  const event = flowRunStateEvent(run, null, state({ type: "CANCELLING", name: "Cancelling" }));
  expect(event.name).toBe("prefect.flow-run.Cancelling");
  expect(event.involved).toContain(`prefect.work-pool.${TASK_RUN}`);
  expect(JSON.parse(event.body)).toMatchObject({ id: state({}).id, occurred: "2026-11-24T12:00:00Z", follows: null });
});

test("a state's event follows the one before it only within five minutes", () => {
  const previous = state({ id: TASK_RUN });
  const soon = flowRunStateEvent(run, previous, state({ timestamp: at("2026-11-24T12:04:59Z") }));
  const late = flowRunStateEvent(run, previous, state({ timestamp: at("2026-11-24T12:05:00Z") }));
  expect(JSON.parse(soon.body)).toMatchObject({ follows: TASK_RUN });
  expect(JSON.parse(late.body)).toMatchObject({ follows: null });
});
