import { judge } from "./judge.ts";
import { tabulate, taskRules } from "./policies.ts";
import { tagSlots } from "./slots/tags.ts";
import { runChanges, stamp } from "./transforms.ts";
import type { Decision, TaskPolicy, TaskRunFacts, Transition } from "./types.ts";

const tables = {
  core: tabulate(taskRules.core),
  minimal: tabulate(taskRules.minimal),
  background: tabulate(taskRules.background),
} satisfies Record<TaskPolicy, unknown>;

/**
 * What becomes of a task run that is asked, through the API, to enter a state. Pure, as `decideFlowRun`. Task runs that
 * engines report by event are facts, not questions, and do not come here.
 *
 * A task that starts to run, unforced, notes which attempt of its flow it belongs to (`flowRunRunCount`).
 */
export function decideTaskRun(policy: TaskPolicy, asked: Transition<TaskRunFacts>): Decision {
  const verdict = judge(tables[policy], asked);
  if (verdict.kind !== "store") return verdict;
  const { transition, replaced } = verdict;
  const { run, current } = transition;
  const state = stamp(transition, run.flowRunId, run.id);
  const runs = state.type === "RUNNING";
  const changes = runChanges(run, current, state, verdict.policy, verdict.runCount + (runs ? 1 : 0));
  changes.flowRunRunCount = runs && policy !== "minimal" && run.flowRun ? run.flowRun.runCount : run.flowRunRunCount;
  const policyChanged = verdict.policy !== asked.run.policy;
  const slots = tagSlots(policy, state, run);
  const store = { kind: "store" as const, state, run: changes, policyChanged, ...(slots ? { tagSlots: slots } : {}) };
  return replaced ? { ...store, reason: replaced.reason, rule: replaced.rule.name } : store;
}
