import { type EmpiricalPolicy, formatInstant } from "@weir/contracts";
import type { RuleTable } from "./policies.ts";
import type { ActiveLimit, Decision, Rule, SlotEffect, Transition } from "./types.ts";

/** What the rules leave to be stored, before the bookkeeping. */
export type Verdict<Facts> = {
  kind: "store";
  transition: Transition<Facts>;
  policy: EmpiricalPolicy;
  /** As the transition found it, or 0 when a rule starts the count anew. */
  runCount: number;
  /** Set when the proposal was replaced. */
  replaced?: { rule: Rule<Facts>; reason: string };
  slots?: SlotEffect | undefined;
  /** Where it takes a place. */
  places?: readonly ActiveLimit[] | undefined;
  /** The rules whose last word on the policy is to be heard past the bookkeeping. */
  last: readonly Rule<Facts>[];
};

/** What every run has that rules and bookkeeping share. */
export type RunFacts = { policy: EmpiricalPolicy; runCount: number };

/**
 * Asks the rules of the proposed pair in order. A rule may amend the proposal, and later ones see it amended. A rule may
 * put another state in its place: when that is of another type, the pair that the later rules are about is gone and they
 * are skipped, and what earlier rules would have done to the run is dropped. A wait, an abort and a bare reject end it.
 */
export function judge<Facts extends RunFacts>(
  table: RuleTable<Facts>,
  asked: Transition<Facts>,
): Verdict<Facts> | Exclude<Decision, { kind: "store" }> {
  const rules = table.get(asked.current?.type ?? null)?.get(asked.proposed.type) ?? [];
  let transition = withDueTime(asked);
  let policy = asked.run.policy;
  let replaced: Verdict<Facts>["replaced"];
  let slots: SlotEffect | undefined;
  let places: readonly ActiveLimit[] | undefined;
  const last: Rule<Facts>[] = [];
  for (const rule of rules) {
    const opinion = rule.judge(transition);
    switch (opinion?.kind) {
      case undefined:
        break;
      case "amend":
        transition = { ...transition, proposed: opinion.proposed };
        slots = opinion.slots ?? slots;
        places = opinion.places ?? places;
        if (opinion.runCount !== undefined) transition.run = { ...transition.run, runCount: opinion.runCount };
        break;
      case "accepted":
        return { kind: "keep", rule: rule.name };
      case "wait":
        return { kind: "wait", seconds: opinion.seconds, reason: opinion.reason, rule: rule.name };
      case "abort":
        return { kind: "abort", reason: opinion.reason, rule: rule.name };
      case "reject": {
        if (opinion.state === null) return { kind: "keep", reason: opinion.reason, rule: rule.name };
        replaced = { rule, reason: opinion.reason };
        const proposed = answering(opinion.state, asked.proposed.details.transition_id);
        if (proposed.type !== asked.proposed.type) {
          policy = rule.after?.(transition, asked.run.policy) ?? asked.run.policy;
          const { runCount } = asked.run;
          return {
            kind: "store",
            transition: { ...asked, proposed },
            policy,
            runCount,
            replaced,
            slots: opinion.slots,
            last: rule.last ? [rule] : [],
          };
        }
        transition = { ...transition, proposed };
        slots = opinion.slots ?? slots;
      }
    }
    if (rule.after) policy = rule.after(transition, policy) ?? policy;
    if (rule.last) last.push(rule);
  }
  const { runCount } = transition.run;
  const verdict: Verdict<Facts> = { kind: "store", transition, policy, runCount, slots, places, last };
  if (replaced) verdict.replaced = replaced;
  return verdict;
}

/** A SCHEDULED state without a due time is due now. */
function withDueTime<Facts>(asked: Transition<Facts>): Transition<Facts> {
  const { proposed } = asked;
  if (proposed.type !== "SCHEDULED" || proposed.details.scheduled_time) return asked;
  const details = { ...proposed.details, scheduled_time: formatInstant(asked.now) };
  return { ...asked, proposed: { ...proposed, details } };
}

/**
 * A replacement remembers which proposal it answers. The peer forgets it, so there a client that lost the answer and
 * asks again fails its run for good instead of being told of the retry.
 */
function answering<State extends { details: { transition_id?: string } }>(state: State, id: string | undefined): State {
  return id ? { ...state, details: { ...state.details, transition_id: id } } : state;
}
