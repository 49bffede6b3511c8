import type { Micros } from "@weir/contracts";
import type { ClaimedTask, TaskRunRow } from "@weir/db";
import { type Ctx, openCtx } from "../define-verb.ts";
import type { Services } from "../services.ts";
import { wireTaskRun } from "../task-run/wire.ts";
import { Bell } from "./bell.ts";
import { subscribeHints } from "./outbox.ts";
import type { Stream } from "./streams.ts";

/** A worker that is not heard of for this long has lost what it took and did not start. */
const LEASE_SECONDS = 30;

/** How often a connected worker's leases are renewed. */
const KEEP_EVERY_MS = 10_000;

/** Leases end without a hint: the queue is looked at this often in any case. */
const LOOK_EVERY_MS = 5_000;

/** Who wants tasks, and of which keys. */
export type TaskSubscription = { keys: string[]; clientId: string };

/**
 * Hands the background tasks of some keys to one task worker, one after another, as long as it takes them. `hand` gives a
 * task to the worker and says whether it took it. A task that it did not take is given back at once; one that it took and
 * did not start is given to another when this worker is gone for half a minute. Every task is handed out at least once.
 */
export async function deliverTasks(
  services: Services,
  grant: Ctx["grant"],
  { keys, clientId }: TaskSubscription,
  hand: (taskRun: Record<string, unknown>) => Promise<boolean>,
  broken: (error: unknown) => void,
): Promise<Stream> {
  const { queuedTasks } = openCtx(services, grant).store;
  const wanted = new Set<unknown>(keys);
  const bell = new Bell();
  let stopped = false;
  await queuedTasks.keep(clientId, keys, LEASE_SECONDS);
  const subscription = await subscribeHints(services, grant, ({ noun, keys: queued }) => {
    if (noun === "queued_task" && queued.some((key) => wanted.has(key))) bell.ring();
  });
  // One renewal that fails is made good by the next.
  const keep = () => queuedTasks.keep(clientId, keys, LEASE_SECONDS).catch(() => undefined);
  const keeping = setInterval(() => void keep(), KEEP_EVERY_MS);

  const deliver = async () => {
    while (!stopped) {
      const task = await queuedTasks.claim(keys, clientId, LEASE_SECONDS);
      if (!task) await bell.next(LOOK_EVERY_MS);
      else if (!(await handOver(openCtx(services, grant), task, clientId, hand))) return;
    }
  };
  deliver().catch(broken);
  return {
    stop() {
      stopped = true;
      clearInterval(keeping);
      subscription.stop();
      bell.ring();
      queuedTasks.leave(clientId).catch(() => undefined);
    },
  };
}

/** False: the worker did not take it, and takes no more. */
async function handOver(
  { store, now }: Ctx,
  task: ClaimedTask,
  clientId: string,
  hand: (taskRun: Record<string, unknown>) => Promise<boolean>,
): Promise<boolean> {
  const row = await store.taskRuns.get(task.id);
  if (!row) return true;
  if (await hand(asQueued(row, task, now))) return store.queuedTasks.ack(task.id, clientId).then(() => true);
  await store.queuedTasks.release(task.id, clientId);
  return false;
}

/** The task run as it was queued: a worker finds its parameters by the details of that state, not of a later one. */
function asQueued(row: TaskRunRow, { details }: ClaimedTask, now: Micros): Record<string, unknown> {
  if (row.state_type === "SCHEDULED") return wireTaskRun(row, now);
  const scheduled = {
    state_type: "SCHEDULED" as const,
    state_name: "Scheduled",
    state_message: null,
    state_data: null,
  };
  return wireTaskRun({ ...row, ...scheduled, state_details: details }, now);
}
