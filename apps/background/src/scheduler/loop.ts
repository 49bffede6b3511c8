import { planSchedules } from "@weir/operations";
import type { Loop } from "../run-loop.ts";

/** Makes the runs of schedules. A look is one indexed read, so that a changed deployment is planned within the second. */
export const scheduler: Loop = {
  name: "scheduler",
  intervalMs: 500,
  pass: async (services) => (await planSchedules(services)).isMore,
};
