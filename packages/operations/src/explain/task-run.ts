import { formatInstant, Uuid, WeirError } from "@weir/contracts";
import { causeOf, explainTaskRun as explain } from "@weir/core";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { instant } from "./place.ts";

/** Why a background task waits for a task worker. */
export const explainTaskRun = defineVerb({
  name: "task_run.explain",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store, now }, { id }) {
    const run = await store.taskRuns.get(id);
    if (!run) throw new WeirError("missing", "Task not found");
    const [queued, workers] = await Promise.all([
      store.queuedTasks.place(id),
      store.queuedTasks.workers([run.task_key]),
    ]);
    const checks = explain(
      {
        taskKey: run.task_key,
        stateType: run.state_type,
        queued: queued ? { dueAt: instant(queued.free_at), holder: queued.holder } : null,
        workers: workers.map(({ identifier }) => identifier),
      },
      now,
    );
    return {
      task_run_id: id,
      at: formatInstant(now),
      state: { type: run.state_type, name: run.state_name, timestamp: run.state_timestamp },
      cause: causeOf(checks),
      checks,
    };
  },
});
