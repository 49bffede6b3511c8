import { type Micros, type ProposedState, parseInstant } from "@weir/contracts";
import { type OverdueRun, runsToSkip } from "@weir/core";
import type { ClaimedSchedule, OverdueRow, PlannedSchedule } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { proposeFlowRunState } from "../flow-run/transition.ts";

const skipped: ProposedState = {
  type: "CANCELLED",
  name: "Skipped",
  message: "Nobody asked for work when this run was due, and its schedule does not catch up with it.",
  data: null,
  details: {},
};

/** A schedule's runs that wait beyond their time, oldest first. */
export function overdueRuns({ overdue }: ClaimedSchedule): OverdueRun[] {
  return (overdue.value() as OverdueRow[]).map(({ id, due, missed }) => ({
    id,
    due: parseInstant(due) ?? (0 as Micros),
    isMissed: missed,
  }));
}

/**
 * Lets go of a schedule's runs that nobody was there for and that it is not to catch up with. What was made up for by now
 * counts as its latest. Gives how many.
 */
export async function skipMissedRuns(
  ctx: Ctx,
  schedule: ClaimedSchedule,
  planned: PlannedSchedule | undefined,
): Promise<number> {
  const made = (planned?.runs ?? []).map(({ id, dispatch }) => ({
    id,
    due: parseInstant(dispatch?.dueAt ?? "") ?? ctx.now,
    isMissed: false,
  }));
  const due = made.filter((run) => run.due < ctx.now);
  const chosen = runsToSkip([...overdueRuns(schedule), ...due], schedule.catch_up, ctx.now);
  const outcomes = await Promise.all(
    chosen.map(({ id }) =>
      proposeFlowRunState(ctx, id, skipped, "minimal", {
        only: (run) => run.state_type === "SCHEDULED" && run.run_count === 0,
      }),
    ),
  );
  return outcomes.filter((outcome) => outcome?.decision.kind === "store").length;
}
