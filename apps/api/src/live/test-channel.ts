import { randomUUID } from "node:crypto";
import { createDeployment, createDeploymentRun, endCancelling, setFlowRunState, updateFlowRun } from "@weir/operations";
import { aFlow, type TestApi, type TestDatabase, type TestWorkspace } from "@weir/testing";
import { SocketClient } from "./test-socket.ts";

type Payload = Record<string, unknown>;

/** Seconds after which a run that was told to cancel is cancelled all the same, and one more. */
const BEYOND_CANCELLING = 301;

/** A worker's end of its channel. */
export class ChannelClient {
  readonly consumerId = randomUUID();

  private constructor(
    readonly socket: SocketClient,
    readonly name: string,
  ) {}

  /** Connected and let in; nothing said yet. */
  static async connect(api: TestApi, ws: TestWorkspace, pool: string, name = "w"): Promise<ChannelClient> {
    const path = `/work_pools/${encodeURIComponent(pool)}/workers/connect`;
    return new ChannelClient(await SocketClient.withFrame(api, ws, path), name);
  }

  /** Connected, and told what was agreed. */
  static async ready(api: TestApi, ws: TestWorkspace, pool: string, hello: Payload = {}, name = "w") {
    const worker = await ChannelClient.connect(api, ws, pool, name);
    worker.hello(hello);
    return { worker, ready: await worker.next("worker.ready.v1") };
  }

  /** As `ready`, of a worker that takes clean-ups. */
  static async cleaner(api: TestApi, ws: TestWorkspace, pool: string, hello: Payload = {}): Promise<ChannelClient> {
    const { worker } = await ChannelClient.ready(api, ws, pool, {
      requested_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1"],
      ...{ handled_cleanup_kinds: ["cancelling_timeout_teardown.v1"], max_cleanup_concurrency: 1 },
      ...hello,
    });
    return worker;
  }

  /** Sends a frame; gives its id. */
  say(type: string, payload: Payload): string {
    const id = randomUUID();
    this.socket.send({ type, id, sent_at: new Date().toISOString(), payload });
    return id;
  }

  /** The stock worker's introduction. */
  hello(more: Payload = {}): void {
    this.say("worker.hello.v1", {
      ...{ consumer_id: this.consumerId, worker_name: this.name, worker_type: "process" },
      ...{ heartbeat_interval_seconds: 30, supported_channel_versions: ["work_pool_worker_channel.v1"] },
      requested_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
      ...{ work_queue_names: [], handled_cleanup_kinds: [], max_cleanup_concurrency: 0 },
      ...{ create_pool_if_not_found: false, default_base_job_template: {}, worker_metadata: null },
      ...more,
    });
  }

  beat(more: Payload = {}): void {
    const [consumer_id, worker_name] = [this.consumerId, this.name];
    this.say("worker.heartbeat.v1", { consumer_id, worker_name, heartbeat_interval_seconds: 30, ...more });
  }

  /** The payload of the next frame of a type; others stay. */
  async next(type: string): Promise<Payload> {
    const { frames } = this.socket;
    await this.socket.until(() => frames.some((frame) => frame.type === type));
    const at = frames.findIndex((frame) => frame.type === type);
    return (frames.splice(at, 1)[0]?.payload ?? {}) as Payload;
  }

  /** Does something with a clean-up that it was given, and says what became of it. */
  async settle(operation: string, message: Payload, more: Payload = {}): Promise<Payload> {
    const { message_id, reservation_token } = message;
    const id = this.say(`cleanup.${operation}.v1`, { message_id, reservation_token, ...more });
    const result = await this.next("cleanup.operation_result.v1");
    if (result.request_frame_id !== id) throw new Error("the answer is not to what was asked");
    return result;
  }

  /** How the channel ended: code and reason. */
  async ended(): Promise<string> {
    const { code, reason } = await this.socket.closed;
    return `${code} ${reason}`;
  }
}

/** Runs of a deployment in a pool that were told to cancel and did not: each leaves something to take down. Gives their ids. */
export async function leftBehind(
  base: TestDatabase,
  ws: TestWorkspace,
  pool: string,
  {
    runs = 1,
    queue,
    pid = "host:1",
    limit = null,
  }: { runs?: number; queue?: string; pid?: string | null; limit?: number | null } = {},
): Promise<string[]> {
  const place = { work_pool_name: pool, ...(queue === undefined ? {} : { work_queue_name: queue }) };
  const { body } = await createDeployment(ws.ctx(), {
    flow_id: await aFlow(ws),
    name: "d",
    concurrency_limit: limit,
    ...place,
  });
  const ids: string[] = [];
  for (let run = 0; run < runs; run += 1) {
    const made = await createDeploymentRun(ws.ctx(), { id: String(body.id) });
    const id = String(made.body.id);
    for (const type of ["PENDING", "RUNNING", "CANCELLING"]) await setFlowRunState(ws.ctx(), { id, state: { type } });
    await updateFlowRun(ws.ctx(), { id, infrastructure_pid: pid });
    ids.push(id);
  }
  const at = base.services.clock();
  base.setClock((at + BEYOND_CANCELLING * 1e6) as typeof at);
  try {
    // However many watch, each run is cancelled once.
    await Promise.all([endCancelling(base.services), endCancelling(base.services)]);
  } finally {
    base.setClock(undefined);
  }
  return ids;
}
