import type { FlowRunFacts, Rule } from "../types.ts";
import { anyOrNone } from "./state-sets.ts";

/**
 * Only a running flow pauses, and each pause of its code once: an engine that asks again after the resumption is told
 * that the pause has fired, and goes on. To be suspended is to give up the process, so somebody must be able to start
 * the run again: a worker, which takes runs of deployments only, and no run that lives inside another's process.
 */
export const handlePausingFlows: Rule<FlowRunFacts> = {
  name: "handle-pausing-flows",
  from: anyOrNone,
  to: new Set(["PAUSED"]),
  judge({ current, proposed, run }) {
    const verb = proposed.name === "Suspended" ? "suspend" : "pause";
    const { pause_key: key, pause_reschedule: leavesProcess } = proposed.details;
    if (current === null) return { kind: "abort", reason: `Cannot ${verb} flows with no state.` };
    if (current.type !== "RUNNING") {
      return { kind: "reject", state: null, reason: `Cannot ${verb} flows that are not currently running.` };
    }
    if (key !== undefined && run.policy.pause_keys?.includes(key)) {
      return { kind: "reject", state: null, reason: `This ${verb} has already fired.` };
    }
    if (leavesProcess && run.parentTaskRunId) return { kind: "abort", reason: `Cannot ${verb} subflows.` };
    if (leavesProcess && run.deploymentId === null) {
      return { kind: "abort", reason: `Cannot ${verb} flows without a deployment.` };
    }
    return undefined;
  },
  // A pause without a key cannot be asked for again, so it leaves nothing to remember.
  after({ proposed }, policy) {
    const key = proposed.details.pause_key;
    return key === undefined ? undefined : { ...policy, pause_keys: [...(policy.pause_keys ?? []), key] };
  },
};
