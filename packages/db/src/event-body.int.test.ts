import { createHash, randomUUID } from "node:crypto";
import { type Micros, uuidv7 } from "@weir/contracts";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyText, packBody, unpackBody } from "./event-body.ts";
import { eventKey, resourceKey } from "./hot/resource-key.ts";
import { raw, sql } from "./sql.ts";

let database: TestDatabase;
let workspace: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  workspace = await aWorkspace(database.services);
});
afterAll(() => database.drop());

/** The same numbers in each run: 0 to `below`, without it. */
function dice(seed: string): (below: number) => number {
  let roll = 0;
  return (below) => {
    roll += 1;
    return createHash("sha256").update(`${seed} ${roll}`).digest().readUInt32BE() % below;
  };
}

/** What a client may send in any text: what the codes are, what stands in phrases, what SQL and JavaScript replace by. */
const TEXTS = [
  ...[
    "\x01",
    "\x02\x03",
    "\x06",
    "\x07\x08",
    "\x0e!",
    "\x0e",
    "\x1f",
    "\t\n\r",
    "$&",
    "$1",
    "\\",
    "\\x01",
    "'",
    "E'",
    '"',
  ],
  ...[
    "",
    " ",
    "  ",
    "🦆",
    "é",
    "prefect.resource.id",
    '"},"related":[{"',
    "Pending",
    "PENDING",
    "RUNNING",
    ":",
    ",",
    "{}",
  ],
  ...[
    "2026-11-28T22:",
    "2026-11-28T22:21:21.987005",
    "prefect.task-run.",
    "01a2243f-aac3-7000-863c-00002d752839",
    "%s",
    "null",
  ],
];
const INSTANTS = [
  "2026-11-28T22:21:21.987005Z",
  "2026-11-28T22:21:21.9Z",
  "2026-11-28T22:21:21Z",
  "0101-01-01T00:00:00.00001Z",
];

function anEvent(seed: string) {
  const roll = dice(seed);
  const pick = <T>(of: readonly T[]): T => of[roll(of.length)] as T;
  const text = () => Array.from({ length: roll(5) }, () => pick(TEXTS)).join("");
  const id = randomUUID();
  const run = pick([randomUUID(), "01a2243f-aac3-7000-863c-00002d752839"]);
  const resource_id = pick([`prefect.task-run.${run}`, `prefect.flow-run.${run}`, run, `x${text()}`, `🦆🦆${run}`, id]);
  const occurred = pick(INSTANTS);
  const name = pick(["prefect.task-run.Pending", "prefect.flow-run.Running", `n${text()}`, "e", id, resource_id]);
  const resource = { "prefect.resource.id": resource_id, "prefect.resource.name": text(), [text()]: text() };
  const related = [
    { "prefect.resource.id": `prefect.flow.${text()}`, "prefect.resource.role": "flow", [text()]: text() },
  ];
  const state = { type: pick(["PENDING", text()]), name: text(), message: text(), state_details: {}, data: null };
  const payload = {
    intended: { from: null, to: state.type },
    initial_state: null,
    validated_state: state,
    task_run: text(),
  };
  const told = pick([
    { occurred: occurred.slice(0, -1), event: name, resource, related, payload, id, follows: pick([null, id, run]) },
    { id, occurred, event: name, resource, related, payload, follows: null },
    { [text()]: text(), [text()]: [text(), { [text()]: resource_id }], id, name, occurred },
  ]);
  return { id, occurred, name, resource_id, body: JSON.stringify(told, undefined, pick([0, 0, 1])) };
}

const many = Array.from({ length: 3_000 }, (_, seed) => anEvent(String(seed)));

test("whatever an event says, it is read back to the byte", () => {
  for (const event of many) {
    const stored = packBody(event);
    expect(unpackBody({ ...event, body: stored })).toBe(event.body);
    expect(stored.length).toBeLessThanOrEqual(event.body.length);
  }
});

test("PostgreSQL puts together the same text, from what it stores", async () => {
  const rows = await database.db.query<{ id: string; occurred: string; body: string; text: string }>(sql`
    select e.id, e.occurred, e.body, ${raw(bodyText)} as text
      from unnest(${many.map(({ id }) => id)}::uuid[], ${many.map(({ occurred }) => occurred)}::timestamptz[],
                  ${many.map(({ name }) => name)}::text[], ${many.map(({ resource_id }) => resource_id)}::text[],
                  ${many.map(packBody)}::text[]) as e (id, occurred, name, resource_id, body)`);
  const byId = new Map<string, (typeof many)[number]>(many.map((event) => [event.id, event]));
  for (const row of rows) {
    const event = byId.get(row.id);
    expect(row.text).toBe(event?.body);
    expect(event && unpackBody({ ...event, ...row })).toBe(event?.body);
  }
  expect(rows).toHaveLength(many.length);
});

test("rows from before, padded and whole, are read as they were sent", async () => {
  const event = anEvent("old");
  const { events } = workspace.ctx().store;
  await database.db.query(sql`
    insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
    select id, ${event.occurred}, ${event.id}, retention_days, ${event.occurred}, ${event.name}, ${event.resource_id},
           rpad(${event.body}::text, 2040)
      from workspace where id = ${workspace.workspaceId}`);
  const [row] = await events.byKeys([[event.occurred, event.id]]);
  expect(row?.body.text).toBe(event.body);
});

test.each([
  `prefect.flow-run.${uuidv7(1_790_000_000_000_000 as Micros, new Uint8Array(10).fill(7))}`,
  `prefect.flow-run.${randomUUID()}`,
  "01a2243f-aac3-7000-863c-00002d752839",
  "1a2243f-aac3-7000-863c-00002d752839",
  "x.01A2243F-aac3-7000-863c-00002d752839",
  "x.01a2243f-aac3-7000-863c-00002d75283\n",
  "x.01a2243f-aac3-7000-863c-00002d75283🦉",
  "x.01a2243f-aac3-7000-863c-0\u2028🦉\u00e9",
  "🦉.01a2243f-aac3-7zzz-zzzz-zzzzzzzzzzzz",
  "x.01a2243f-aac3-8000-863c-00002d752839",
  "",
])("the key of resource %j and of an event is the same whoever makes it", async (resource) => {
  const [ws, id] = [randomUUID(), randomUUID()];
  const [row] = await database.db.query<{ resource: string; event: number }>(
    sql`select resource_key(${ws}::uuid, ${resource})::text as resource, event_key(${id}::uuid) as event`,
  );
  expect(row).toEqual({ resource: String(resourceKey(ws, resource)), event: eventKey(id) });
});

test("a key of a resource is of its workspace, in order of time, and another for another kind", async () => {
  const [row] = await database.db.query<{ early: string; late: string; kind: string; other: string }>(sql`
    select resource_key(w.a, 'x.01a2243f-aac3-7000-863c-00002d752839')::text as early,
           resource_key(w.a, 'x.01a22440-aac3-7000-863c-00002d752839')::text as late,
           resource_key(w.a, 'y.01a2243f-aac3-7000-863c-00002d752839')::text as kind,
           resource_key(w.b, 'x.01a2243f-aac3-7000-863c-00002d752839')::text as other
      from (select ${randomUUID()}::uuid as a, ${randomUUID()}::uuid as b) as w`);
  const time = (key: string | undefined) => BigInt.asUintN(64, BigInt(key ?? 0)) >> 40n;
  expect(time(row?.early)).toBe(0x243faan);
  expect(time(row?.late)).toBe(0x2440aan);
  expect(time(row?.other)).toBe(time(row?.early));
  expect(new Set([row?.early, row?.kind, row?.other]).size).toBe(3);
});
