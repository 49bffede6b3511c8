import { randomUUID } from "node:crypto";
import { grantToSystem } from "@weir/auth";
import type { AccountId, Micros, StateType, WorkspaceId } from "@weir/contracts";
import { type Db, openDb, openHot } from "@weir/db";
import {
  type Ctx,
  createFlow,
  createFlowRun,
  createTaskRun,
  openCtx,
  type Services,
  setFlowRunState,
  setTaskRunState,
  systemClock,
  writeLogs,
} from "@weir/operations";
import type { Place } from "./place.ts";

type Step = readonly [type: StateType, name: string, afterSeconds: number, message?: string];

/** How runs of each kind got where they are. Times from the run's creation. */
const lives: Record<string, readonly Step[]> = {
  completed: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
    ["COMPLETED", "Completed", 95],
  ],
  failed: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
    ["FAILED", "Failed", 41, "Flow run encountered an exception: ValueError: no rows for 2026-11-23"],
  ],
  crashed: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
    ["CRASHED", "Crashed", 63, "Execution was cancelled by the runtime environment."],
  ],
  cancelled: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 2],
    ["CANCELLING", "Cancelling", 30],
    ["CANCELLED", "Cancelled", 36],
  ],
  cancelling: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 2],
    ["CANCELLING", "Cancelling", 30],
  ],
  retrying: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
    ["SCHEDULED", "AwaitingRetry", 20],
  ],
  paused: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
    ["PAUSED", "Paused", 12],
  ],
  running: [
    ["PENDING", "Pending", 1],
    ["RUNNING", "Running", 3],
  ],
  pending: [["PENDING", "Pending", 1]],
  late: [["SCHEDULED", "Late", 20]],
  scheduled: [],
};
const FLOWS = ["ingest-orders", "train-model", "nightly-report", "sync-crm"];
const RUNS_PER_KIND = 6;
const HOUR = 3_600_000_000;

type Clock = { now: Micros; set(micros: number): void };

/**
 * Every state there is, with task runs, three levels of subflows and logs, over the last two days; and a second tenant that
 * must never be seen from the first. Runs are known by idempotency keys: on one day, doing it again adds nothing.
 */
export async function busyWorkspace({ databaseUrl, accountId, workspaceId }: Place): Promise<void> {
  const db = openDb({ url: databaseUrl });
  const now = systemClock()();
  let shown: Micros = now;
  const services: Services = { db, hot: openHot(db), clock: () => shown };
  const clock: Clock = {
    now,
    set(micros) {
      shown = Math.floor(micros) as Micros;
    },
  };
  try {
    const { retentionDays } = await db.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    const rival = await secondTenant(db, retentionDays);
    for (const place of [{ accountId, workspaceId }, rival]) {
      const grant = grantToSystem("seed", {
        workspaceId: place.workspaceId as WorkspaceId,
        accountId: place.accountId as AccountId,
        retentionDays,
      });
      await fill(() => openCtx(services, grant), clock);
    }
    console.log(`Filled ${workspaceId}, and ${rival.workspaceId} of another account.`);
  } finally {
    await db.close();
  }
}

async function secondTenant(db: Db, retentionDays: number) {
  const now = new Date();
  const stamp = { created: now, updated: now };
  const account = await db.prisma.account.upsert({
    where: { handle: "globex" },
    update: {},
    create: { id: randomUUID(), ...stamp, name: "Globex", handle: "globex" },
  });
  const workspace = await db.prisma.workspace.upsert({
    where: { accountId_handle: { accountId: account.id, handle: "secret" } },
    update: {},
    create: { id: randomUUID(), ...stamp, accountId: account.id, name: "Secret", handle: "secret", retentionDays },
  });
  return { accountId: account.id, workspaceId: workspace.id };
}

async function fill(open: () => Ctx, clock: Clock): Promise<void> {
  const day = new Date(clock.now / 1000).toISOString().slice(0, 10);
  const flows = [];
  for (const name of FLOWS) flows.push((await createFlow(open(), { name, tags: ["seed"] })).body.id);
  let count = 0;
  for (const [kind, steps] of Object.entries(lives)) {
    for (let turn = 0; turn < RUNS_PER_KIND; turn += 1) {
      // Those that are over lie back up to two days; the others began within the last minutes.
      const isOver = steps.at(-1)?.[2] !== undefined && ["completed", "failed", "crashed", "cancelled"].includes(kind);
      const began = clock.now - (isOver ? (1 + ((count * 7) % 46)) * HOUR : (2 + (count % 9)) * 60_000_000);
      await live(open, clock, {
        flowId: flows[count % flows.length] ?? "",
        key: `seed ${day} ${kind} ${turn}`,
        steps,
        began,
      });
      count += 1;
    }
  }
  await subflows(open, clock, flows, `seed ${day} nested`, 3, clock.now - HOUR / 3);
}

type Life = { flowId: string; key: string; steps: readonly Step[]; began: number; parentTaskRunId?: string };

/** One run through its states, with two task runs and their logs. `undefined`: it was there already. */
async function live(
  open: () => Ctx,
  clock: Clock,
  { flowId, key, steps, began, parentTaskRunId }: Life,
): Promise<string | undefined> {
  clock.set(began);
  const scheduled =
    steps[0]?.[0] === "PENDING"
      ? undefined
      : { type: "SCHEDULED", state_details: { scheduled_time: iso(began + 60_000_000) } };
  const { isNew, body } = await createFlowRun(open(), {
    flow_id: flowId,
    idempotency_key: key,
    tags: ["seed", key.split(" ")[2] ?? ""],
    parent_task_run_id: parentTaskRunId,
    state: scheduled,
  });
  if (!isNew) return undefined;
  const id = String(body.id);
  for (const [type, name, after, message] of steps) {
    clock.set(began + after * 1_000_000);
    await setFlowRunState(open(), { id, state: { type, name, message }, force: true });
    if (type === "RUNNING") await tasks(open, clock, id, began + after * 1_000_000);
    await say(open, id, null, message === undefined ? 20 : 40, message ?? `Flow run entered ${name}`);
  }
  return id;
}

async function tasks(open: () => Ctx, clock: Clock, flowRunId: string, from: number): Promise<void> {
  for (const [index, task] of ["extract", "load"].entries()) {
    clock.set(from + index * 5_000_000);
    const { body } = await createTaskRun(open(), {
      flow_run_id: flowRunId,
      task_key: task,
      dynamic_key: "0",
      name: `${task}-0`,
    });
    const id = String(body.id);
    await setTaskRunState(open(), { id, state: { type: "RUNNING", name: "Running" }, force: true });
    for (let line = 0; line < 12; line += 1) {
      await say(
        open,
        flowRunId,
        id,
        line === 7 ? 30 : 20,
        line === 7 ? "Retrying after 429" : `Fetched part ${line} of 12`,
      );
    }
    clock.set(from + (index * 5 + 4) * 1_000_000);
    await setTaskRunState(open(), { id, state: { type: "COMPLETED", name: "Completed" }, force: true });
  }
}

/** A run whose task run stands for another run, and so on down. */
async function subflows(
  open: () => Ctx,
  clock: Clock,
  flows: string[],
  key: string,
  depth: number,
  began: number,
  parent?: string,
): Promise<void> {
  const steps = lives.completed ?? [];
  const life = { flowId: flows[depth % flows.length] ?? "", key: `${key} ${depth}`, steps, began };
  const id = await live(open, clock, parent === undefined ? life : { ...life, parentTaskRunId: parent });
  if (id === undefined || depth === 1) return;
  const { body } = await createTaskRun(open(), {
    flow_run_id: id,
    task_key: "child",
    dynamic_key: "0",
    name: "child-0",
  });
  await subflows(open, clock, flows, key, depth - 1, began + 20_000_000, String(body.id));
}

async function say(
  open: () => Ctx,
  flowRunId: string,
  taskRunId: string | null,
  level: number,
  message: string,
): Promise<void> {
  const ctx = open();
  const name = taskRunId === null ? "prefect.flow_runs" : "prefect.task_runs";
  await writeLogs(ctx, {
    lines: [{ name, level, message, timestamp: ctx.nowIso, flow_run_id: flowRunId, task_run_id: taskRunId }],
  });
}

function iso(micros: number): string {
  return new Date(micros / 1000).toISOString();
}
