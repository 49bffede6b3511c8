import { z } from "zod";
import { defineVerb } from "../define-verb.ts";

/** The task workers that are connected, those of some task keys when any are named. */
export const filterTaskWorkers = defineVerb({
  name: "task_worker.filter",
  permission: "see_workers",
  input: z.object({ task_worker_filter: z.object({ task_keys: z.array(z.string()) }).nullish() }),
  run: ({ store }, { task_worker_filter }) => store.queuedTasks.workers(task_worker_filter?.task_keys ?? []),
});
