import type { Rule, TaskRunFacts } from "../types.ts";

/** A background task keeps the name under which its parameters are stored until it runs, whoever proposes the states. */
export const copyTaskParameters: Rule<TaskRunFacts> = {
  name: "copy-task-parameters",
  from: new Set(["SCHEDULED", "PENDING"]),
  to: new Set(["PENDING", "RUNNING"]),
  judge({ current, proposed }) {
    const id = current?.details.task_parameters_id;
    if (!id || proposed.details.task_parameters_id) return undefined;
    return { kind: "amend", proposed: { ...proposed, details: { ...proposed.details, task_parameters_id: id } } };
  },
};
