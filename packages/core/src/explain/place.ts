import { type Micros, SECOND } from "@weir/contracts";
import { type Check, check, type Stop, stopFacts, told } from "./check.ts";
import { type Refusal, throttleCheck } from "./throttle.ts";

/** A worker, as far as waiting runs care. */
type PlaceWorker = { name: string; isOnline: boolean; lastHeartbeat: Micros };

/** Who starts the runs of a pool: workers of the customer's, Weir itself, or for its type nobody yet. */
export type Starter = "workers" | "submitter" | "nobody";

/** Where a run waits for a worker: its queue, its pool and who has been seen there, last seen first. */
export type Place = {
  pool: {
    id: string;
    name: string;
    type: string;
    isPaused: boolean;
    pause: Stop | null;
    limit: number | null;
    active: number;
  };
  queue: {
    id: string;
    name: string;
    isPaused: boolean;
    pause: Stop | null;
    limit: number | null;
    active: number;
    lastPolled: Micros | null;
  };
  workers: readonly PlaceWorker[];
  startedBy: Starter;
};

/** A queue or deployment that was polled longer ago than this is not looked after. */
export const POLLED_WITHIN: Micros = (60 * SECOND) as Micros;

/** What keeps runs of a queue from being offered to a worker, and workers from asking. */
export function placeChecks(place: Place, refusals: readonly Refusal[], now: Micros): Check[] {
  const { pool, queue } = place;
  const poolFacts = { work_pool: pool.name, work_pool_id: pool.id };
  const queueFacts = { ...poolFacts, work_queue: queue.name, work_queue_id: queue.id };
  const poolPause = { ...poolFacts, ...stopFacts("paused", pool.isPaused, pool.pause) };
  const queuePause = { ...queueFacts, ...stopFacts("paused", queue.isPaused, queue.pause) };
  return [
    check("work_pool_paused", !pool.isPaused, poolPause, {
      fix: `Resume work pool "${pool.name}".`,
      needs: "write_work_pools",
    }),
    check("work_queue_paused", !queue.isPaused, queuePause, {
      fix: `Resume work queue "${queue.name}" of work pool "${pool.name}".`,
      needs: "write_work_queues",
    }),
    check(
      "work_pool_limit",
      pool.limit === null || pool.active < pool.limit,
      { ...poolFacts, limit: pool.limit, active: pool.active },
      {
        fix: `Wait for one of ${pool.active} runs to end, or raise the limit of work pool "${pool.name}".`,
        needs: "write_work_pools",
      },
    ),
    check(
      "work_queue_limit",
      queue.limit === null || queue.active < queue.limit,
      { ...queueFacts, limit: queue.limit, active: queue.active },
      {
        fix: `Wait for one of ${queue.active} runs to end, or raise the limit of work queue "${queue.name}".`,
        needs: "write_work_queues",
      },
    ),
    ...starterChecks(place, refusals, now),
  ];
}

function starterChecks(place: Place, refusals: readonly Refusal[], now: Micros): Check[] {
  switch (place.startedBy) {
    case "workers":
      return [throttleCheck(refusals), ...workerChecks(place, now)];
    case "submitter":
      return [];
    case "nobody":
      return [noSubmitter(place)];
  }
}

function noSubmitter({ pool }: Place): Check {
  return check(
    "nothing_submits",
    false,
    { work_pool: pool.name, work_pool_id: pool.id, type: pool.type },
    {
      fix: `Weir does not submit jobs to pools of type "${pool.type}" yet. Use a pool whose workers run on your machines.`,
      needs: "write_deployments",
    },
  );
}

function workerChecks({ pool, queue, workers }: Place, now: Micros): Check[] {
  const online = workers.filter(({ isOnline }) => isOnline);
  const [last] = workers;
  const isPolled = queue.lastPolled !== null && now - queue.lastPolled <= POLLED_WITHIN;
  return [
    check(
      "no_worker_online",
      online.length > 0 || isPolled,
      {
        work_pool: pool.name,
        work_pool_id: pool.id,
        online: online.map(({ name }) => name),
        last_seen: last ? { worker: last.name, at: told(last.lastHeartbeat) } : null,
      },
      { fix: `Start a worker: prefect worker start --pool "${pool.name}"` },
    ),
    check(
      "work_queue_not_polled",
      isPolled,
      {
        work_pool: pool.name,
        work_queue: queue.name,
        work_queue_id: queue.id,
        last_polled: told(queue.lastPolled),
        online: online.map(({ name }) => name),
      },
      {
        fix: `Start a worker that polls this queue: prefect worker start --pool "${pool.name}" --work-queue "${queue.name}"`,
      },
    ),
  ];
}
