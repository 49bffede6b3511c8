import { randomUUID } from "node:crypto";
import type { ProposedState } from "@weir/contracts";
import { JsonText } from "@weir/contracts";
import { aWorkspace, type TestDatabase } from "@weir/testing";
import { createConcurrencyLimit, readConcurrencyLimit } from "../../packages/operations/src/concurrency/limits.ts";
import { orchestrationResult } from "../../packages/operations/src/flow-run/set-state.ts";
import { createTaskRun } from "../../packages/operations/src/task-run/change.ts";
import { proposeTaskRunState } from "../../packages/operations/src/task-run/transition.ts";

/** Task runs that compete for slots of their tags: limits by tag, the tags of each run, and who is to enter what. */
export type Crowd = {
  of: "crowd";
  limits: Record<string, number>;
  tasks: string[][];
  steps: { task: number; to: ProposedState["type"]; told: Record<string, unknown> }[];
};

/** Plays a crowd on Weir, in a workspace of its own, and gives what is told of each step, in the words of the peer's. */
export async function* playCrowd(base: TestDatabase, { limits, tasks, steps }: Crowd) {
  const ws = await aWorkspace(base.services);
  for (const [tag, limit] of Object.entries(limits))
    await createConcurrencyLimit(ws.ctx(), { name: `tag:${tag}`, limit });
  const ids: string[] = [];
  for (const tags of tasks) {
    const made = { task_key: "k", dynamic_key: randomUUID(), tags, state: { type: "PENDING" } };
    ids.push(String((await createTaskRun(ws.ctx(), made)).body.id));
  }
  for (const { task, to } of steps) {
    const id = ids[task] ?? "";
    const data = to === "COMPLETED" ? new JsonText('{"storage_key":"k"}') : null;
    const name = `${to[0]}${to.slice(1).toLowerCase()}`;
    const proposed = { type: to, name, message: null, data, details: {} };
    const outcome = await proposeTaskRunState(ws.ctx(), id, proposed, "core");
    const run = await ws.ctx().store.taskRuns.get(id);
    if (!outcome || !run) throw new Error("the run is gone");
    const slots: Record<string, unknown> = {};
    for (const tag of Object.keys(limits))
      slots[tag] = (await readConcurrencyLimit(ws.ctx(), { id_or_name: `tag:${tag}` })).active_slots;
    const { status } = orchestrationResult(outcome).body;
    yield { status, state: run.state_type, runCount: run.run_count, slots };
  }
}
