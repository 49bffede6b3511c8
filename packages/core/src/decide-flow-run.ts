import { isTerminal } from "@weir/contracts";
import { judge } from "./judge.ts";
import { flowRules, tabulate } from "./policies.ts";
import { releasedSlot } from "./slots/release.ts";
import { runChanges, stamp } from "./transforms.ts";
import type { Decision, FlowPolicy, FlowRunFacts, Transition } from "./types.ts";

const tables = {
  core: tabulate(flowRules.core),
  forced: tabulate(flowRules.forced),
  minimal: tabulate(flowRules.minimal),
  "mark-late": tabulate(flowRules["mark-late"]),
} satisfies Record<FlowPolicy, unknown>;

/**
 * What becomes of a flow run that is asked to enter a state. Pure: the same transition gets the same answer, and nothing
 * given is changed.
 *
 * A run that resumes goes on with the attempt it was in, so `resuming` keeps `runCount` and ends with that entry.
 */
export function decideFlowRun(policy: FlowPolicy, asked: Transition<FlowRunFacts>): Decision {
  const verdict = judge(tables[policy], asked);
  if (verdict.kind !== "store") return verdict;
  const { transition, replaced } = verdict;
  const { run, current } = transition;
  const state = stamp(transition, run.id, run.parentTaskRunId);
  const runs = state.type === "RUNNING";
  const isResuming = verdict.policy.resuming === true;
  const left = isResuming && (runs || isTerminal(state.type)) ? { ...verdict.policy, resuming: false } : verdict.policy;
  const runCount = verdict.runCount + (runs && !isResuming ? 1 : 0);
  const kept = verdict.last.reduce((so, rule) => rule.last?.(transition, so) ?? so, left);
  const changes = runChanges(run, current, state, kept, runCount);
  const policyChanged = kept !== asked.run.policy;
  const slots = verdict.slots ?? releasedSlot(current, state, replaced !== undefined);
  const { places } = verdict;
  const effects = { ...(slots ? { slots } : {}), ...(places ? { places } : {}) };
  const store = { kind: "store" as const, state, run: changes, policyChanged, ...effects };
  return replaced ? { ...store, reason: replaced.reason, rule: replaced.rule.name } : store;
}
