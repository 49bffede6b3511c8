import { addSeconds, formatInstant, notFound, Uuid, uuidv7Time } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { wireFlowRun, wireState } from "./wire.ts";

/** One flow run. */
export const readFlowRun = defineVerb({
  name: "flow_run.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store, now }, { id }) {
    const row = await store.flowRuns.get(id);
    if (!row) throw notFound("Flow run");
    return wireFlowRun(row, now);
  },
});

/** A run's states, oldest first. */
export const readFlowRunStates = defineVerb({
  name: "flow_run_state.list",
  permission: "see_flows",
  input: z.object({ flow_run_id: Uuid }),
  async run({ store }, { flow_run_id }) {
    return (await store.flowRuns.states(flow_run_id)).map(wireState);
  },
});

/** One state by its id. Its id tells its time, so only the history of that day is looked at. */
export const readFlowRunState = defineVerb({
  name: "flow_run_state.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const [from, to] = nearTime(id);
    const row = await store.flowRuns.state(id, from, to);
    if (!row) throw notFound("Flow run state");
    return wireState(row);
  },
});

/** A day around the time that an id tells; all of time for an id that tells none. */
export function nearTime(id: string): [from: string, to: string] {
  const time = uuidv7Time(id);
  return time === undefined
    ? ["1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z"]
    : [formatInstant(addSeconds(time, -86_400)), formatInstant(addSeconds(time, 86_400))];
}
