import { openDb, openHot } from "@weir/db";
import {
  createDeployment,
  createDeploymentRun,
  createWorkPool,
  type Submission,
  type Submitter,
  submittedTypes,
} from "@weir/operations";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoops } from "../start-loops.ts";
import { submitters } from "./submitters.ts";

let base: TestDatabase;
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
afterAll(() => base.drop());

async function aDueRun(pool: string): Promise<string> {
  await createWorkPool(ws.ctx(), { name: pool, type: "ecs:push" });
  const { body } = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: pool, work_pool_name: pool });
  return String((await createDeploymentRun(ws.ctx(), { id: String(body.id) })).body.id);
}

function aCloud(answer: (one: Submission) => Promise<string>): Submitter & { asked: string[] } {
  const asked: string[] = [];
  const submit = (one: Submission) => {
    asked.push(one.run.id);
    return answer(one);
  };
  return { type: "ecs:push", asked, submit };
}

const pid = async (run: string) => (await ws.ctx().store.flowRuns.get(run))?.infrastructure_pid;

test("two loops at once submit a due run once, and one pool's silent cloud holds up no other pool", async () => {
  let answer: (() => void) | undefined;
  const cloud = aCloud(
    ({ run, pool }) =>
      new Promise((resolve) => {
        const started = () => resolve(`task of ${run.id}`);
        if (pool.name === "silent") answer = started;
        else started();
      }),
  );
  const silent = await aDueRun("silent");
  const options = { intervalMs: 20, submitters: [cloud] };
  const loops = [base.services, base.replica()].map((services) => startLoops(services, ["submitter"], options));
  await expect.poll(() => cloud.asked).toEqual([silent]);
  const [one, other] = [await aDueRun("one"), await aDueRun("other")];
  await expect.poll(() => pid(one)).toBe(`task of ${one}`);
  await expect.poll(() => pid(other)).toBe(`task of ${other}`);
  expect(await pid(silent)).toBeNull();
  // Who is told to stop sees to what it began first.
  const stopped = Promise.all(loops.map((loop) => loop.stop()));
  answer?.();
  await stopped;
  expect(await pid(silent)).toBe(`task of ${silent}`);
  expect(cloud.asked).toHaveLength(3);
});

test("without submitters no statement is sent", async () => {
  const db = openDb({ url: base.url, connections: 1, hotConnections: 1 });
  const closed = { ...base.services, db, hot: openHot(db) };
  await db.close();
  const faults = { none: [] as unknown[], some: [] as unknown[] };
  const start = (kind: keyof typeof faults, having: readonly Submitter[]) =>
    startLoops(closed, ["submitter"], {
      ...{ intervalMs: 5, submitters: having },
      log: ({ error }) => faults[kind].push(error),
    });
  const loops = [start("none", []), start("some", [aCloud(() => Promise.resolve("x"))])];
  // Whoever asks a closed database is refused, and says so.
  await expect.poll(() => faults.some.length).toBeGreaterThan(2);
  await Promise.all(loops.map((loop) => loop.stop()));
  expect(faults.none).toEqual([]);
});

test("what is said to be started by Weir is what there are submitters for", () => {
  expect(submitters.map(({ type }) => type)).toEqual([...submittedTypes]);
});
