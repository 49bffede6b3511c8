import { randomUUID } from "node:crypto";
import { apiSuite } from "@weir/testing";
import { describe, expect, test } from "vitest";

const suite = apiSuite();
type Body = Record<string, unknown>;

async function post(path: string, body: unknown): Promise<Body> {
  const answer = await suite.api.call(suite.ws, "POST", path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body as Body;
}

async function newRun(name: string): Promise<Body> {
  const { id: flow_id } = await post("/flows/", { name: "below" });
  return post("/flow_runs/", { flow_id, name });
}

describe("what is below a run is read in a page, or not at all when nothing came to it", () => {
  const read = (path: string, seen?: string | null) =>
    suite.api.call(suite.ws, "GET", path, undefined, seen ? { "if-none-match": seen } : {});

  test("its log lines, by level, time, task, logger and text", async () => {
    const run = await newRun("told");
    const line = (message: string, second: number, more: object = {}) => ({
      ...{
        name: "prefect.flow_runs",
        level: 20,
        message,
        timestamp: `2026-11-24T12:00:0${second}Z`,
        flow_run_id: run.id,
      },
      ...more,
    });
    const task_run_id = randomUUID();
    await post("/logs/", [
      line("first", 1),
      line("second", 2, { level: 40 }),
      line("third", 3, { name: "prefect.task_runs", task_run_id }),
    ]);
    const lines = async (asked: string) => {
      const answer = await read(`/flow_runs/${run.id}/logs?${asked}`);
      expect(answer.status).toBe(200);
      return (answer.body as Body[]).map(({ message }) => message);
    };
    expect(await lines("")).toEqual(["first", "second", "third"]);
    expect(await lines("sort=TIMESTAMP_DESC&limit=1&offset=1")).toEqual(["second"]);
    expect(await lines("level_ge=30&level_le=40")).toEqual(["second"]);
    expect(await lines("since=2026-11-24T12:00:02Z")).toEqual(["second", "third"]);
    expect(await lines("until=2026-11-24T12:00:02Z")).toEqual(["first", "second"]);
    expect(await lines(`task_runs=${randomUUID()},${task_run_id}`)).toEqual(["third"]);
    expect(await lines("task_runs_is_null=true")).toEqual(["first", "second"]);
    expect(await lines("loggers=prefect.task_runs,other")).toEqual(["third"]);
    expect(await lines("text_query=SECOND")).toEqual(["second"]);

    const { headers } = await read(`/flow_runs/${run.id}/logs`);
    expect((await read(`/flow_runs/${run.id}/logs`, headers.get("etag"))).status).toBe(304);
    await post("/logs/", [line("late", 0)]);
    const again = await read(`/flow_runs/${run.id}/logs`, headers.get("etag"));
    expect([again.status, (again.body as Body[])[0]?.message]).toEqual([200, "late"]);
    for (const bad of [
      "limit=201",
      "offset=-1",
      "level_ge=x",
      "task_runs=x",
      "since=x",
      "sort=x",
      "task_runs_is_null=x",
    ])
      expect([bad, (await read(`/flow_runs/${run.id}/logs?${bad}`)).status]).toEqual([bad, 422]);
  });

  test("its events, with those of its task runs or without", async () => {
    const run = await newRun("eventful");
    const event = (name: string, id: string, second: number) => ({
      ...{ id: randomUUID(), occurred: `2026-11-24T12:00:0${second}Z`, event: name, payload: {} },
      resource: { "prefect.resource.id": id },
      related: [{ "prefect.resource.id": `prefect.flow-run.${run.id}`, "prefect.resource.role": "flow-run" }],
    });
    await post("/events", [
      event("custom.one", "mine", 1),
      event("prefect.task-run.Running", `prefect.task-run.${randomUUID()}`, 2),
    ]);
    const path = `/flow_runs/${run.id}/events`;
    type Page = { events: Body[]; total: number; next_page: string | null };
    const page = async (asked: string) => {
      const { events, total, next_page } = (await read(`${path}?${asked}`)).body as Page;
      return { events: events.map((one) => one.event), total, isLast: next_page === null };
    };
    const all = ["custom.one", "prefect.task-run.Running", "prefect.flow-run.Pending"];
    expect(await page("order=ASC")).toEqual({ events: all, total: 3, isLast: true });
    expect(await page("")).toEqual({ events: all.toReversed(), total: 3, isLast: true });
    expect(await page("order=ASC&offset=1&limit=1")).toEqual({ events: [all[1]], total: 3, isLast: false });
    expect(await page("with_task_runs=false&order=ASC")).toMatchObject({ events: [all[0], all[2]], total: 2 });

    const { headers } = await read(path);
    expect((await read(path, headers.get("etag"))).status).toBe(304);
    await post("/events", [event("custom.two", "mine", 3)]);
    expect((await read(path, headers.get("etag"))).status).toBe(200);
    for (const bad of ["offset=5001", "limit=x", "order=UP", "with_task_runs=2"])
      expect([bad, (await read(`${path}?${bad}`)).status]).toEqual([bad, 422]);
  });
});
