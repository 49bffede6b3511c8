import { randomUUID } from "node:crypto";
import { apiSuite } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const hour = 3_600_000;
/** The start of an hour lately. */
const start = Math.floor(Date.now() / hour) * hour - 10 * hour;
const at = (ms: number) => new Date(start + ms).toISOString();

beforeAll(async () => {
  const event = (ms: number, name: string, resource: string, label?: string) => ({
    ...{ id: randomUUID(), occurred: at(ms), event: name, related: [], payload: {} },
    resource: { "prefect.resource.id": resource, ...(label ? { "prefect.resource.name": label } : {}) },
  });
  const events = [
    event(0, "made", "thing.1", "old name"),
    event(hour - 1, "made", "thing.2"),
    event(hour, "changed", "thing.1", "new name"),
    event(3 * hour, "made", "thing.1"),
  ];
  expect((await suite.api.call(suite.ws, "POST", "/events", events)).status).toBe(204);
});

const occurred = { since: at(0), until: at(4 * hour) };
async function count(countable: string, body: Record<string, unknown> = {}) {
  const answer = await suite.api.call(suite.ws, "POST", `/events/count-by/${countable}`, {
    filter: { occurred },
    ...body,
  });
  return { status: answer.status, body: answer.body as Record<string, unknown>[] };
}

test("events are counted for each stretch of time, empty ones too", async () => {
  const { body } = await count("time", { time_unit: "hour" });
  expect(body.map((one) => one.count)).toEqual([2, 1, 0, 1]);
  expect(body[0]).toEqual({
    ...{ value: "0", label: at(0).replace(".000Z", "Z"), count: 2, start_time: at(0).replace(".000Z", "Z") },
    end_time: at(hour - 1).replace(".999", ".999999"),
  });
});

test("buckets lie where they always do, whenever the time begins", async () => {
  const asked = { filter: { occurred: { since: at(hour / 2), until: at(hour * 1.5) } }, time_unit: "hour" };
  expect((await count("time", asked)).body.map((one) => one.count)).toEqual([1, 1]);
});

test("events are counted by name and by resource under its last name, most first", async () => {
  const byName = (await count("event")).body.map(({ value, count }) => [value, count]);
  expect(byName).toEqual([
    ["made", 3],
    ["changed", 1],
  ]);
  expect((await count("resource")).body).toMatchObject([
    { value: "thing.1", count: 3, start_time: expect.any(String) },
    { value: "thing.2", label: "thing.2", count: 1 },
  ]);
});

test("counts by day cover every day", async () => {
  const { body } = await count("day", { filter: { occurred: { since: at(0), until: at(72 * hour) } } });
  expect(body.reduce((sum, one) => sum + Number(one.count), 0)).toBe(4);
});

test.each([
  ["time", { time_unit: "second" }],
  ["time", { time_interval: 0.001 }],
  ["time", { time_unit: "fortnight" }],
  ["event", { filter: { occurred: { since: "soon" } } }],
])("by %s of %j: 422", async (countable, body) => {
  expect((await count(countable, body)).status).toBe(422);
});
