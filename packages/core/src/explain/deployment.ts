import type { Micros } from "@weir/contracts";
import { type Check, check, type Stop, stopFacts, told } from "./check.ts";
import { servedCheck, type WaitDeployment } from "./flow-run.ts";
import { type LimitWait, limitCheck } from "./limit.ts";
import { type Place, placeChecks } from "./place.ts";
import { type Refusal, throttleCheck } from "./throttle.ts";

/** A schedule of a deployment: `next` is the next date it makes a run for, null when it makes none any more. */
type WaitSchedule = { id: string; slug: string | null; isActive: boolean; pause: Stop | null; next: Micros | null };

/** A deployment with every fact that may keep its runs from being planned or started. */
export type DeploymentWait = {
  deployment: WaitDeployment;
  pause: Stop | null;
  disablement: Stop | null;
  schedules: readonly WaitSchedule[];
  /** Null: it has no work queue, and is served by a process. */
  place: Place | null;
  /** The limit on its runs; null when there is none. */
  limit: LimitWait | null;
  refusals: readonly Refusal[];
};

/** Why a deployment has no runs, or none that start: its schedules first, then where its runs wait. */
export function explainDeployment(wait: DeploymentWait, now: Micros): Check[] {
  const { deployment, pause, disablement, schedules, place, limit, refusals } = wait;
  const facts = { deployment: deployment.name, deployment_id: deployment.id };
  const active = schedules.filter(({ isActive }) => isActive);
  const next = active.map((one) => one.next).filter((date) => date !== null);
  const disabled = { ...facts, ...stopFacts("disabled", deployment.isDisabled, disablement) };
  const paused = { ...facts, ...stopFacts("paused", deployment.isPaused, pause) };
  const dates = schedules.map(({ id, slug, isActive, pause: stop, next: date }) => ({
    id,
    slug,
    active: isActive,
    ...stopFacts("paused", !isActive, stop),
    next: told(date),
  }));
  return [
    check("deployment_disabled", !deployment.isDisabled, disabled, {
      fix: `Enable deployment "${deployment.name}": while it is disabled no runs of it are made.`,
      needs: "write_deployments",
    }),
    check("deployment_paused", !deployment.isPaused, paused, {
      fix: `Resume deployment "${deployment.name}": while it is paused its schedules make no runs.`,
      needs: "write_deployments",
    }),
    ...(schedules.length === 0
      ? []
      : [
          check(
            "schedules_inactive",
            active.length > 0,
            { ...facts, schedules: dates },
            { fix: "Resume one of its schedules.", needs: "write_deployments" },
          ),
          check(
            "schedules_spent",
            active.length === 0 || next.length > 0,
            { ...facts, schedules: dates },
            { fix: "Its schedules have no date left. Change one, or add another.", needs: "write_deployments" },
          ),
        ]),
    ...(limit ? [limitCheck(limit, "deployment_limit", "write_deployments")] : []),
    ...(place ? placeChecks(place, refusals, now) : [throttleCheck(refusals), servedCheck(deployment, now)]),
  ];
}
