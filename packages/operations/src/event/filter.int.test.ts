import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { type EventTest, eventMatches, readEvent } from "@weir/events";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filterEvents, postEvents } from "./verbs.ts";

let base: TestDatabase;
let ws: TestWorkspace;

const FLOW = "prefect.flow.01a2243f-a89b-72ce-aa68-1bb8791a6999";
const RUN = "prefect.flow-run.01a2243f-aa9c-7298-bc98-903c5a56b632";
const texts = ["Pending", "Running", "Completed"].flatMap((state, at) =>
  ["extract-e17", "load-\u0001\"'"].map((name) => {
    const id = randomUUID();
    const resource = {
      ...{
        "prefect.resource.id": `prefect.task-run.${randomUUID()}`,
        "prefect.resource.name": name,
        "prefect.run-count": "0",
      },
      ...{ "prefect.state-message": "", "prefect.state-name": state, "prefect.state-type": state.toUpperCase() },
    };
    const related = [
      {
        "prefect.resource.id": RUN,
        "prefect.resource.role": "flow-run",
        "prefect.resource.name": "celestial-cormorant",
      },
      ...(at === 0
        ? []
        : [{ "prefect.resource.id": FLOW, "prefect.resource.role": "flow", "prefect.resource.name": "etl" }]),
      { "prefect.resource.id": `prefect.tag.${state}`, "prefect.resource.role": "tag" },
    ];
    const occurred = new Date(Date.now() - 60_000 + at).toISOString();
    const event = `prefect.task-run.${state}`;
    return JSON.stringify({ occurred, event, resource, related, payload: { task_run: { name } }, id, follows: null });
  }),
);

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  await postEvents(ws.ctx(), { texts });
});
afterAll(() => base.drop());

const found = async (filter: EventTest & { text?: unknown }) => {
  const { events, total } = await filterEvents(ws.ctx(), { filter: filter as never });
  expect(total).toBe(events.length);
  return events.map((event) => String(event.object().id)).sort();
};

test.each<EventTest>([
  { resource: { labels: { "prefect.state-type": "RUNNING" } } },
  { resource: { labels: { "prefect.resource.name": ["load-*", "none"], "prefect.state-name": "!Pending" } } },
  { resource: { labels: { "prefect.resource.name": "load-\u0001\"'" } } },
  { resource: { id_prefix: ["prefect.task-run."] } },
  { related: [{ id: [FLOW] }] },
  { related: [{ role: ["flow"], labels: { "prefect.resource.name": "e?l" } }] },
  { related: [{ resources_in_roles: [[RUN, "flow"]] }] },
  { related: [{ resources_in_roles: [[FLOW, "flow"]] }, { id: ["prefect.tag.Running"] }] },
  { any_resource: [{ id: [FLOW, "nothing"] }] },
  { any_resource: [{ id: [RUN] }, { labels: { "prefect.resource.role": "flow" } }] },
  { any_resource: [{ id_prefix: ["prefect.tag.C", "other"] }] },
  { any_resource: [{ labels: { "prefect.run-count": "0" } }] },
  { event: { name: ["prefect.task-run.Completed"] }, any_resource: [{ id_prefix: [FLOW] }] },
])("stored and passing events are chosen alike: %j", async (filter) => {
  const passing = texts
    .map((text) => readEvent(text))
    .filter((event) => typeof event !== "string")
    .filter((event) => eventMatches(filter, event));
  expect(await found(filter)).toEqual(passing.map(({ id }) => id).sort());
});

test.each([
  ["celestial-cormorant", 6],
  ["etl", 4],
  ["+etl -prefect.task-run.running", 2],
  ['"prefect.resource.role":"flow-run"', 6],
  ["\u0001", 0],
  ["nothing", 0],
])("text is found as it was sent, %j in %i events", async (query, count) => {
  expect(await found({ text: { query } } as never)).toHaveLength(count);
});

test("an event that is sent again is found once, by any of its resources", async () => {
  await postEvents(ws.ctx(), { texts });
  expect(await found({ any_resource: [{ id: [FLOW] }] })).toHaveLength(4);
  const [row] = await base.db.query<{ n: number }>(
    sql`select count(*) as n from event_resource where workspace_id = ${ws.workspaceId}`,
  );
  expect(row?.n).toBe(16);
});

test("a filter of very many ids finds what it names", async () => {
  const many = Array.from({ length: 70_000 }, (_, index) => `other.${index}`);
  const all = await found({ related: [{ id: [FLOW] }] });
  expect(all.length).toBeGreaterThan(0);
  expect(await found({ any_resource: [{ id: [...many, FLOW] }] })).toEqual(all);
  expect(await found({ related: [{ id: [...many, FLOW] }] })).toEqual(all);
});

test("a filter of very many parts is refused, not failed on", async () => {
  const parts = Array.from({ length: 70_000 }, () => ({ id: [FLOW] }));
  for (const filter of [{ any_resource: parts }, { related: parts }])
    await expect(found(filter)).rejects.toMatchObject({ code: "invalid" });
});
