import { type CleanupOperation, channelCapabilities, JsonText, type WorkerHello } from "@weir/contracts";
import type { ClaimedCleanup, CleanupConsumer, WorkPoolRow } from "@weir/db";
import { type Ctx, openCtx } from "../define-verb.ts";
import { randomBytes } from "../ids.ts";
import type { Services } from "../services.ts";
import { noSuchPool } from "../work-pool/verbs.ts";
import { type CleanupAnswer, failedOperation, settleCleanup } from "../worker/cleanups.ts";
import { type ConnectedWorker, connectWorker } from "../worker/connect.ts";
import { heartbeatWorker } from "../worker/verbs.ts";
import { Bell } from "./bell.ts";
import { subscribeHints } from "./outbox.ts";

/** Changes of a pool that come within this time are told together. */
const GATHER_MS = 50;

/** The columns of a pool that workers act on. */
const acted = ["base_job_template", "concurrency_limit", "is_paused", "storage_configuration"] as const;

/** What was agreed with a worker when it connected. */
export type WorkerAgreement = ConnectedWorker & {
  accepted: string[];
  rejected: string[];
  /** How many clean-ups it may have at once; 0 when it takes none. */
  maxCleanups: number;
};

/** Where a channel's messages go. `ready` comes first, once. `broken`: it could not go on; the worker must come again. */
export type WorkerChannelSink = {
  ready(agreement: WorkerAgreement): void;
  snapshot(pool: WorkPoolRow): void;
  cleanup(message: ClaimedCleanup): void;
  broken(error: unknown): void;
};

/** A worker's open channel. */
export type WorkerChannel = {
  /** Records that the worker lives. 404 when its pool is gone. */
  heartbeat(intervalSeconds: number): Promise<void>;
  /** Does what the worker says with a clean-up that it was given. */
  settle(operation: CleanupOperation, id: string, token: string, reason: string | null): Promise<CleanupAnswer>;
  stop(): void;
};

/**
 * Opens the channel between a worker and its pool. From then on the worker's heartbeats come this way; it is told of each
 * change of its pool that it acts on, whoever made it, and is given what is to be taken away, when it takes such things:
 * at least once, to one worker at a time, until a worker says that it is done.
 */
export async function openWorkerChannel(
  services: Services,
  grant: Ctx["grant"],
  work_pool_name: string,
  hello: WorkerHello,
  sink: WorkerChannelSink,
): Promise<WorkerChannel> {
  const changed = new Bell();
  const freed = new Bell();
  const open = () => openCtx(services, grant);
  let stopped = false;
  // From here on no change is missed: those of other pools only make us look once more.
  let poolId: string | undefined;
  const subscription = await subscribeHints(services, grant, ({ noun, keys }) => {
    if (noun === "work_pool" && keys.some((key) => poolId === undefined || (key as string[])[0] === poolId))
      changed.ring();
    if (noun === "cleanup_message" && keys.some((key) => key === poolId)) freed.ring();
  });
  const connected = await connectWorker(open(), { work_pool_name, hello }).catch((error: unknown) => {
    subscription.stop();
    throw error;
  });
  poolId = connected.pool.id;
  const agreement = agree(connected, hello);
  sink.ready(agreement);

  const watch = async () => {
    for (let known = connected.pool; ; ) {
      await changed.next();
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      if (stopped) return;
      const pool = await open().store.workPools.getByName(work_pool_name);
      if (stopped) return;
      if (pool?.id !== connected.pool.id) throw noSuchPool(work_pool_name);
      if (acted.some((name) => textOf(pool[name]) !== textOf(known[name]))) sink.snapshot(pool);
      known = pool;
    }
  };
  const deliver = async (consumer: CleanupConsumer) => {
    for (freed.ring(); ; ) {
      await freed.next();
      for (;;) {
        if (stopped) return;
        const message = await open().store.cleanups.claim(consumer, newToken());
        if (!message) break;
        sink.cleanup(message);
      }
    }
  };
  const broken = (error: unknown) => stopped || sink.broken(error);
  watch().catch(broken);
  if (agreement.maxCleanups > 0) deliver(consumerOf(agreement, hello)).catch(broken);
  return {
    async heartbeat(heartbeat_interval_seconds) {
      await heartbeatWorker(open(), { work_pool_name, name: hello.worker_name, heartbeat_interval_seconds });
      // What this worker let go is free for it after a while, which nobody tells.
      freed.ring();
    },
    async settle(operation, id, token, reason) {
      if (agreement.maxCleanups === 0)
        return { status: "unauthorized", reason: "cleanup_delivery_not_accepted", lease_expires_at: null };
      const message = { id, token, reason, poolId: connected.pool.id };
      const answer = await settleCleanup(open(), operation, message).catch(() => failedOperation);
      if (answer.status !== "error" && operation !== "renew") freed.ring();
      return answer;
    },
    stop() {
      stopped = true;
      subscription.stop();
      changed.ring();
      freed.ring();
    },
  };
}

/** What both ends will do: all that Weir must, and clean-ups where the worker asks for some that it can do. */
function agree(connected: ConnectedWorker, hello: WorkerHello): WorkerAgreement {
  const asked = new Set(hello.requested_capabilities);
  const wantsCleanups = asked.has(channelCapabilities.cleanup) && hello.handled_cleanup_kinds.length > 0;
  const maxCleanups = wantsCleanups ? (hello.max_cleanup_concurrency ?? 1) : 0;
  const accepted: string[] = [...channelCapabilities.required];
  if (maxCleanups > 0) accepted.push(channelCapabilities.cleanup);
  return { ...connected, accepted, rejected: [...asked].filter((one) => !accepted.includes(one)), maxCleanups };
}

/** A worker that names no queues takes what comes to any of its pool, later ones too. */
function consumerOf({ pool, queues, maxCleanups: most }: WorkerAgreement, hello: WorkerHello): CleanupConsumer {
  const queueIds = hello.work_queue_names.length === 0 ? null : queues.map(({ id }) => id);
  return { poolId: pool.id, consumerId: hello.consumer_id, queueIds, kinds: hello.handled_cleanup_kinds, most };
}

function newToken(): string {
  return Buffer.from(randomBytes(32)).toString("base64url");
}

function textOf(value: WorkPoolRow[(typeof acted)[number]]): string {
  return value instanceof JsonText ? value.text : String(value);
}
