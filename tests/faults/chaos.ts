import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { type Acknowledged, type Answer, ask, Caller, contradictions, kill9, until } from "./harness.ts";
import { type OwnPostgres, ownPostgres } from "./own-postgres.ts";

/** How much happens, and by which dice: the same seed makes the same choices. */
export type ChaosOptions = { seed: number; runs: number; kills: number; withinMs: number };

/** What a chaos did, and what it broke: a line for each thing that does not hold. */
export type ChaosReport = { states: number; retries: number; resumed: number; cancelled: number; broken: string[] };

const LIMIT = 3;
const WORKERS = 6;
const LEASE_SECONDS = 60;
const ASKED_AGAIN = new Set([408, 423, 429, 502, 503]);
const TERMINAL = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"];

/** The machine that the second replica runs on is five minutes ahead of the others. */
const REPLICA = { aheadMs: 300_000 };

/**
 * A PostgreSQL and a Weir of their own: two API replicas, whose clocks are five minutes apart, and the background loops.
 * All four are killed, turn by turn in random order, while six workers take runs of one deployment from start to end:
 * under its limit, holding slots of a global limit, pausing and resuming, failing and being cancelled. Afterwards every
 * run is over, none was claimed or started while it was under way, and none holds anything.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const postgres = await ownPostgres();
  try {
    const weir = await startTestWeir({ postgresUrl: postgres.url, loops: "none" });
    try {
      return await rage(weir, postgres, options);
    } finally {
      // What went wrong is worth more than that its database could not be dropped.
      await weir.stop().catch(() => undefined);
    }
  } finally {
    await postgres.stop();
  }
}

async function rage(
  weir: TestWeir,
  postgres: OwnPostgres,
  { seed, runs, kills, withinMs }: ChaosOptions,
): Promise<ChaosReport> {
  const random = dice(seed);
  let background = weir.startBackground();
  let replica = await weir.startReplica(REPLICA);
  const beside = () => new Caller({ ...weir, apiUrl: replica.apiUrl });
  const callers: [Caller, Caller] = [new Caller(weir), beside()];
  let retries = 0;
  /** A call to either replica; whoever finds one dead asks the other, as behind a load balancer. */
  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const deadline = Date.now() + 60_000;
    let last = "";
    for (let turn = random() < 0.5 ? 0 : 1; Date.now() < deadline; turn += 1) {
      const asked = Date.now();
      const attempt = callers[turn % 2 === 0 ? 0 : 1].once(method, path, body);
      const answer = await attempt.catch((error: Error) => error);
      if (!(answer instanceof Error) && !ASKED_AGAIN.has(answer.status)) return answer;
      last = `${Date.now() - asked} ms: ${answer instanceof Error ? answer.message : JSON.stringify(answer)}`;
      retries += 1;
      const wait = answer instanceof Error ? 50 : Math.min(answer.retryAfter, 2) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    throw new Error(`${method} ${path}: no answer within a minute, the last after ${last}`);
  }

  const pool = `chaos-${randomUUID()}`;
  const shared = `shared-${randomUUID()}`;
  const flow = String((await call("POST", "/flows/", { name: pool })).body.id);
  await call("POST", "/work_pools/", { name: pool, type: "process" });
  await call("POST", "/v2/concurrency_limits/", { name: shared, limit: 2 });
  const deployment = String(
    (
      await call("POST", "/deployments/", {
        flow_id: flow,
        name: pool,
        work_pool_name: pool,
        concurrency_limit: LIMIT,
        concurrency_options: { collision_strategy: "ENQUEUE" },
      })
    ).body.id,
  );
  const runIds: string[] = [];
  for (let made = 0; made < runs; made += 1) {
    const key = randomUUID();
    const { status, body } = await call("POST", `/deployments/${deployment}/create_flow_run`, { idempotency_key: key });
    if (status >= 300) throw new Error(`a run was not made: ${status} ${JSON.stringify(body)}`);
    runIds.push(String(body.id));
  }

  const deadline = Date.now() + withinMs;
  const acknowledged: Acknowledged[] = [];
  const resumed = new Set<string>();
  const over = new Set<string>();
  const underway = new Set<string>();
  let cancelled = 0;
  // One fate a run, evenly spread: by the dice alone, one time in sixty nobody would be cancelled.
  const fates = new Map(shuffled(runIds, random).map((id, index) => [id, (index + 0.5) / runIds.length]));

  /** Proposes a state until it is answered; true when the run is in it now, by this proposal. */
  async function propose(runId: string, type: string, more: Record<string, unknown> = {}): Promise<boolean> {
    const transition_id = randomUUID();
    const state = { type, ...more, state_details: { ...(more.state_details as object), transition_id } };
    const { body } = await call("POST", `/flow_runs/${runId}/set_state`, { state, force: false });
    const told = body.state as { id: string; type: string; state_details?: { transition_id?: string } } | null;
    const isMine = told?.type === type && told.state_details?.transition_id === transition_id;
    if (told && isMine) acknowledged.push({ runId, stateId: told.id, type });
    return Boolean(isMine);
  }

  async function pauseAndResume(runId: string): Promise<void> {
    const timeout = new Date(Date.now() + 600_000).toISOString();
    if (!(await propose(runId, "PAUSED", { state_details: { pause_timeout: timeout, pause_key: randomUUID() } })))
      return;
    resumed.add(runId);
    await call("POST", `/flow_runs/${runId}/resume`, {});
  }

  async function holdShared(runId: string): Promise<void> {
    const { status, body } = await call("POST", "/v2/concurrency_limits/increment-with-lease", {
      names: [shared],
      slots: 1,
      mode: "concurrency",
      lease_duration: LEASE_SECONDS,
      holder: { type: "flow_run", id: runId },
    });
    if (status === 200) await call("POST", "/v2/concurrency_limits/decrement-with-lease", { lease_id: body.lease_id });
  }

  async function work(runId: string): Promise<void> {
    if (!(await propose(runId, "PENDING"))) return;
    underway.add(runId);
    await go(runId);
    underway.delete(runId);
  }

  async function go(runId: string): Promise<void> {
    if (!(await propose(runId, "RUNNING"))) return;
    const fate = fates.get(runId) ?? 0;
    if (fate < 0.2) await pauseAndResume(runId);
    else if (fate < 0.4) await holdShared(runId);
    if (fate > 0.9) {
      cancelled += 1;
      await call("PATCH", `/flow_runs/${runId}`, { infrastructure_pid: "chaos" });
      await propose(runId, "CANCELLING");
      await propose(runId, "CANCELLED");
    } else await propose(runId, fate > 0.8 ? "FAILED" : "COMPLETED");
  }

  async function worker(): Promise<void> {
    while (over.size < runIds.length && Date.now() < deadline) {
      const { body } = await call("POST", `/work_pools/${pool}/get_scheduled_flow_runs`, { limit: 1 });
      const offered = (body as unknown as { flow_run: { id: string } }[]).map(({ flow_run }) => flow_run.id);
      for (const runId of offered) await work(runId);
      if (offered.length === 0) await sweep();
    }
  }

  /** Notes the runs that are over, and takes up those that a lost answer left half-way. */
  async function sweep(): Promise<void> {
    const rows = await ask<{ id: string; state_type: string; idle: number }>(
      weir.databaseUrl,
      `select id, state_type, extract(epoch from clock_timestamp() - state_timestamp)::float8 as idle
         from flow_run where workspace_id = $1 and deployment_id = $2`,
      [weir.workspaceId, deployment],
    ).catch(() => []); // PostgreSQL is dead just now
    for (const { id, state_type, idle } of rows) {
      if (TERMINAL.includes(state_type)) over.add(id);
      else if (state_type !== "SCHEDULED" && idle > 5 && !underway.has(id)) await propose(id, "CRASHED");
    }
  }

  const blows = {
    async api() {
      await kill9(weir.api);
      await weir.restartApi();
    },
    async replica() {
      await kill9(replica.process);
      replica = await weir.startReplica(REPLICA);
      callers[1] = beside();
    },
    async background() {
      await kill9(background);
      background = weir.startBackground();
    },
    async postgres() {
      postgres.kill();
      await postgres.restart();
    },
  };
  let victims: (() => Promise<void>)[] = [];

  async function kill(): Promise<void> {
    for (let blow = 1; blow <= kills; blow += 1) {
      await until(
        "enough was acknowledged",
        () =>
          over.size === runIds.length ||
          Date.now() > deadline ||
          acknowledged.length >= (blow * runs * 3) / (kills + 2),
        300_000,
      );
      if (victims.length === 0) victims = shuffled(Object.values(blows), random);
      await victims.pop()?.();
    }
  }

  await Promise.all([kill(), ...Array.from({ length: WORKERS }, worker)]);
  const found = await contradictions(weir, runIds, acknowledged);
  const broken = [
    // A waiting run's turn moves its version too, and runs are paused and taken up again: startedTwice knows more of that.
    ...found.filter((line) => !/its version is not|it ran twice/.test(line)),
    ...(await stuck(weir, deployment)),
    ...(await startedTwice(weir, deployment)),
    ...(await overlaps(weir, deployment)),
    ...(await heldSlots(weir)),
  ];
  return { states: acknowledged.length, retries, resumed: resumed.size, cancelled, broken };
}

/** Runs that are not over, and since when they are where they are. */
async function stuck({ databaseUrl, workspaceId }: TestWeir, deployment: string): Promise<string[]> {
  const rows = await ask<Record<string, unknown>>(
    databaseUrl,
    `select r.id, r.state_name, r.state_timestamp, d.due_at, clock_timestamp() as now, l.active_slots, l.waited_until
       from flow_run r left join dispatch d on d.workspace_id = r.workspace_id and d.flow_run_id = r.id
       left join concurrency_limit l on l.workspace_id = r.workspace_id and l.name = 'deployment:' || r.deployment_id
      where r.workspace_id = $1 and r.deployment_id = $2 and r.state_type <> all($3)`,
    [workspaceId, deployment, TERMINAL],
  );
  return rows.map((row) => `not over: ${JSON.stringify(row)}`);
}

type StateAt = { flow_run_id: string; type: string; at: string };

/** The states of a deployment's runs, in order of time. */
function statesOf({ databaseUrl, workspaceId }: TestWeir, deployment: string): Promise<StateAt[]> {
  return ask<StateAt>(
    databaseUrl,
    `select s.flow_run_id, s.type, s.timestamp::text as at from flow_run_state s
       join flow_run r on r.workspace_id = s.workspace_id and r.id = s.flow_run_id
      where s.workspace_id = $1 and r.deployment_id = $2 order by s.timestamp`,
    [workspaceId, deployment],
  );
}

/** From what a run may be claimed, and from what it may start. */
const BEFORE: Record<string, string[]> = { PENDING: ["SCHEDULED", ...TERMINAL], RUNNING: ["PENDING", "PAUSED"] };

/** Runs that were claimed or started while they were under way. */
async function startedTwice(weir: TestWeir, deployment: string): Promise<string[]> {
  const last = new Map<string, string>();
  const found: string[] = [];
  for (const { flow_run_id, type, at } of await statesOf(weir, deployment)) {
    const before = last.get(flow_run_id) ?? "nothing";
    if (BEFORE[type]?.includes(before) === false) found.push(`${flow_run_id}: ${type} after ${before} at ${at}`);
    last.set(flow_run_id, type);
  }
  return found;
}

/** Times at which more runs of a deployment were under way than its limit allows. */
async function overlaps(weir: TestWeir, deployment: string): Promise<string[]> {
  const active = new Set<string>();
  const paused = new Set<string>();
  const found: string[] = [];
  for (const { flow_run_id, type, at } of await statesOf(weir, deployment)) {
    // A pause gives the slot back, and the run goes on without one: so does the peer's.
    if (type === "PAUSED") paused.add(flow_run_id);
    if (type === "PENDING" || (type === "RUNNING" && !paused.has(flow_run_id))) active.add(flow_run_id);
    else if (type !== "CANCELLING") active.delete(flow_run_id);
    if (active.size > LIMIT)
      found.push(
        `${active.size} runs were under way at ${at}, ${LIMIT} may be (${flow_run_id} ${type}; ${[...active].join(" ")})`,
      );
  }
  return found;
}

/** Slots that are held though every run is over, but for leases whose answer was lost: those end by themselves. */
async function heldSlots({ databaseUrl, workspaceId }: TestWeir): Promise<string[]> {
  const held = await ask<{ name: string; slots: number; held: number }>(
    databaseUrl,
    `select l.name, l.active_slots as slots,
            (select coalesce(sum(s.slots), 0) from concurrency_slot s
              where s.workspace_id = l.workspace_id and s.limit_id = l.id
                and s.expires_at < clock_timestamp() + make_interval(secs => $2)
                and l.name not like 'deployment:%')::float8 as held
       from concurrency_limit l where l.workspace_id = $1`,
    [workspaceId, LEASE_SECONDS],
  );
  return held
    .filter(({ slots, held: leased }) => slots !== leased)
    .map((one) => `a slot leaked: ${JSON.stringify(one)}`);
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The same things in an order that the dice make. */
function shuffled<T>(things: readonly T[], random: () => number): T[] {
  return things
    .map((thing) => ({ thing, turn: random() }))
    .sort((a, b) => a.turn - b.turn)
    .map(({ thing }) => thing);
}
