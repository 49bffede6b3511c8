import { type CatchUp, type Micros, type ProposedState, parseInstant } from "@weir/contracts";
import { type OverdueRun, runsToSkip } from "@weir/core";
import type { ClaimedSchedule, OverdueRow } from "@weir/db";
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
  if (overdue.text === "[]") return [];
  return (overdue.value() as OverdueRow[]).map(({ id, due, missed }) => ({
    id,
    due: parseInstant(due) ?? (0 as Micros),
    isMissed: missed,
  }));
}

/** Lets go of those of a schedule's overdue runs that nobody was there for and that it is not to catch up with. */
export async function skipMissedRuns(ctx: Ctx, overdue: readonly OverdueRun[], catchUp: CatchUp): Promise<void> {
  await Promise.all(
    runsToSkip(overdue, catchUp, ctx.now).map(({ id }) =>
      proposeFlowRunState(ctx, id, skipped, "minimal", {
        only: (run) => run.state_type === "SCHEDULED" && run.run_count === 0,
      }),
    ),
  );
}
