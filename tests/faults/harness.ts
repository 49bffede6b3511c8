import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import pg from "pg";

/** Where a workspace is, and the key to it. */
export type Place = { apiUrl: string; accountId: string; workspaceId: string; apiKey: string; databaseUrl: string };

/** An answer that is not to be asked for again. */
export type Answer = { status: number; body: Record<string, unknown> };

const RETRIED = new Set([408, 429, 502, 503]);

/** A caller that asks again as stock clients do: after a broken connection, and after 408, 429, 502 and 503. */
export class Caller {
  /** How often something was asked again. */
  retries = 0;

  constructor(private readonly place: Place) {}

  /** The address of the workspace's routes. */
  get url(): string {
    const { apiUrl, accountId, workspaceId } = this.place;
    return `${apiUrl}/accounts/${accountId}/workspaces/${workspaceId}`;
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = await this.once(method, path, body).catch(() => undefined);
      if (answer && !RETRIED.has(answer.status)) return { status: answer.status, body: answer.body };
      if (Date.now() > deadline) throw new Error(`${method} ${path}: no answer, the last was ${answer?.status}`);
      this.retries += 1;
      await pause(answer ? answer.retryAfter * 1_000 : 50);
    }
  }

  /** One attempt; rejects when the connection breaks. */
  async once(method: string, path: string, body?: unknown): Promise<Answer & { retryAfter: number }> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.place.apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      retryAfter: Number(answer.headers.get("retry-after") ?? "1"),
    };
  }

  async newFlow(): Promise<string> {
    return String((await this.call("POST", "/flows/", { name: `flow-${randomUUID()}` })).body.id);
  }

  /** A new flow run's id; its idempotency key makes a repeated call harmless. */
  async newFlowRun(flowId: string, more: Record<string, unknown> = {}): Promise<string> {
    const run = { flow_id: flowId, idempotency_key: randomUUID(), state: { type: "SCHEDULED" }, ...more };
    const { status, body } = await this.call("POST", "/flow_runs/", run);
    if (status !== 201 && status !== 200) throw new Error(`a flow run was not made: ${JSON.stringify(body)}`);
    return String(body.id);
  }

  /** Proposes a state under a transition id of its own, until it is answered. */
  async propose(runId: string, type: string, transitionId: string = randomUUID(), force = false): Promise<Answer> {
    const state = { type, state_details: { transition_id: transitionId } };
    return this.call("POST", `/flow_runs/${runId}/set_state`, { state, force });
  }
}

/** A state that was acknowledged: what may not be lost. */
export type Acknowledged = { runId: string; stateId: string; type: string };

/**
 * Takes runs through Pending, Running and Completed, all at once. `note` is told of each acknowledged state as it comes.
 */
export async function runThrough(
  caller: Caller,
  runIds: readonly string[],
  note: (acknowledged: Acknowledged) => void,
): Promise<void> {
  await Promise.all(
    runIds.map(async (runId) => {
      for (const type of ["PENDING", "RUNNING", "COMPLETED"]) {
        const transitionId = randomUUID();
        const { status, body } = await caller.propose(runId, type, transitionId);
        const state = body.state as { id: string; type: string; state_details: { transition_id: string } };
        // Said again after its answer was lost, a proposal is refused with the very state it made; engines go on from it.
        const isMine = body.status === "REJECT" && state.state_details.transition_id === transitionId;
        if (body.status !== "ACCEPT" && !isMine)
          throw new Error(`${type} of ${runId}: ${status} ${JSON.stringify(body)}`);
        note({ runId, stateId: state.id, type });
      }
    }),
  );
}

/** Rows of the database, by SQL; a connection for each question, for servers come and go in these tests. */
export async function ask<R extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What must hold of flow runs whatever died: each line says what does not. */
export async function contradictions(
  { databaseUrl, workspaceId }: Place,
  runIds: readonly string[],
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  const values = [workspaceId, runIds];
  const runs = await ask<Record<string, string>>(
    databaseUrl,
    `select r.id, r.version, r.state_type, r.run_count, r.state_id,
            (select count(*) from flow_run_state s where s.workspace_id = r.workspace_id and s.flow_run_id = r.id)::int as states,
            (select count(*) filter (where s.type = 'RUNNING') - count(*) filter (where s.type = 'PAUSED' and s.next is not null)
               from (select s.type, lead(s.type) over (order by s.timestamp) as next from flow_run_state s
                      where s.workspace_id = r.workspace_id and s.flow_run_id = r.id) as s)::int as started,
            (select s.id from flow_run_state s where s.workspace_id = r.workspace_id and s.flow_run_id = r.id
                order by s.timestamp desc limit 1) as newest,
            (select count(*) from flow_run_state s join event e on e.workspace_id = s.workspace_id and e.id = s.id
                and e.occurred = s.timestamp where s.workspace_id = r.workspace_id and s.flow_run_id = r.id)::int as events,
            (select count(*) from event e where e.workspace_id = r.workspace_id
                and e.resource_id = 'prefect.flow-run.' || r.id and e.name ~ '[.][A-Z][^.]*$')::int as told,
            exists (select from flow_run_state s where s.workspace_id = r.workspace_id and s.flow_run_id = r.id
                and s.name = 'AwaitingConcurrencySlot') as waited,
            exists (select from dispatch d where d.workspace_id = r.workspace_id and d.flow_run_id = r.id) as waits
       from flow_run r where r.workspace_id = $1 and r.id = any($2::uuid[])`,
    values,
  );
  const found: string[] = [];
  if (runs.length !== runIds.length) found.push(`${runIds.length} runs were made, ${runs.length} are there`);
  for (const run of runs) {
    const say = (what: string) => found.push(`${run.id}: ${what} (${JSON.stringify(run)})`);
    // A run that waits for a slot is a version further when it is told of a free one.
    if (run.waited ? Number(run.version) < Number(run.states) : run.version !== run.states)
      say("its version is not the number of its states");
    if (run.newest !== run.state_id) say("it is not in its newest state");
    if (run.events !== run.states || run.told !== run.states) say("its states and its events are not the same");
    // A run that paused and went on runs again, and is the same start.
    if (Number(run.started) > 1) say("it ran twice");
    if (run.state_type === "SCHEDULED" ? !run.waits : run.waits)
      say("its place among waiting runs contradicts its state");
  }
  const history = await ask<{ id: string; flow_run_id: string; type: string }>(
    databaseUrl,
    "select id, flow_run_id, type from flow_run_state where workspace_id = $1 and flow_run_id = any($2::uuid[])",
    values,
  );
  const known = new Set(history.map(({ id, flow_run_id, type }) => `${flow_run_id} ${id} ${type}`));
  for (const { runId, stateId, type } of acknowledged) {
    if (!known.has(`${runId} ${stateId} ${type}`)) found.push(`${runId}: ${type} was acknowledged and is lost`);
  }
  return found;
}

/** Ends a process as a power cut does, and waits until it is gone. */
export async function kill9(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Waits for a condition. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
