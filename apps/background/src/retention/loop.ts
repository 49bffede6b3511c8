import { keepHistory } from "@weir/operations";
import type { Loop } from "../run-loop.ts";

/** Makes partitions ahead, drops old ones, deletes old runs. Every copy may run it: they take turns in the database. */
export const retention: Loop = {
  name: "retention",
  intervalMs: 3_600_000,
  pass: async (services) => (await keepHistory(services)).isMore,
};
