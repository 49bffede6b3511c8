import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { type Sql, sql } from "../sql.ts";
import { type RunChange, type RunSlotEffect, storeTransition } from "./store-transition.ts";

/** Something a flow run is told. */
export type FlowRunInputRow = {
  id: string;
  created: string;
  flow_run_id: string;
  key: string;
  value: string;
  sender: string | null;
};

/** An input to store; `now` is an ISO instant. */
export type NewFlowRunInput = {
  id: string;
  flowRunId: string;
  key: string;
  value: string;
  sender: string | null;
  now: string;
};

/** Inputs of the flow runs of one workspace. */
export function flowRunInputs(db: Db, scope: Scope) {
  const ws = scope.workspaceId;
  const insert = (input: NewFlowRunInput): Sql => sql`
    insert into flow_run_input (workspace_id, flow_run_id, key, id, created, value, sender)
    select r.workspace_id, r.id, ${input.key}, ${input.id}::uuid, ${input.now}::timestamptz, ${input.value}, ${input.sender}
      from flow_run r where r.workspace_id = ${ws} and r.id = ${input.flowRunId}
    on conflict (workspace_id, flow_run_id, key) do nothing returning id`;

  return {
    /** Stores an input, once for each key. `same`: this value of this sender is stored under it already. */
    async create(input: NewFlowRunInput): Promise<"stored" | "same" | "taken" | "missing"> {
      if ((await db.query(insert(input))).length > 0) return "stored";
      const [there] = await db.query<{ is_same: boolean }>(sql`
        select value = ${input.value} and sender is not distinct from ${input.sender} as is_same from flow_run_input
         where workspace_id = ${ws} and flow_run_id = ${input.flowRunId} and key = ${input.key}`);
      if (!there) return "missing";
      return there.is_same ? "same" : "taken";
    },

    /** Stores a decided transition and the answer that it brings, or neither. False: it can no longer be stored. */
    createWith: (input: NewFlowRunInput, change: RunChange, effect?: RunSlotEffect): Promise<boolean> =>
      storeTransition(db, scope, change, effect, (query) => query(insert(input))),

    /** One input; `undefined` when there is none. */
    async get(flowRunId: string, key: string): Promise<FlowRunInputRow | undefined> {
      const [row] = await db.query<FlowRunInputRow>(sql`
        select id, created, flow_run_id, key, value, sender from flow_run_input
         where workspace_id = ${ws} and flow_run_id = ${flowRunId} and key = ${key}`);
      return row;
    },

    /** Inputs of a run whose keys start with `prefix`, oldest first, but for those of `without`. */
    list(flowRunId: string, prefix: string, without: readonly string[], limit: number): Promise<FlowRunInputRow[]> {
      return db.query<FlowRunInputRow>(sql`
        select id, created, flow_run_id, key, value, sender from flow_run_input
         where workspace_id = ${ws} and flow_run_id = ${flowRunId} and starts_with(key, ${prefix})
           and key <> all(${without}::text[])
         order by created, id limit ${limit}`);
    },

    /** Deletes an input. False when there is none. */
    async remove(flowRunId: string, key: string): Promise<boolean> {
      const rows = await db.query(sql`
        delete from flow_run_input
         where workspace_id = ${ws} and flow_run_id = ${flowRunId} and key = ${key} returning id`);
      return rows.length > 0;
    },
  };
}
