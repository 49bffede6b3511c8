import { createHash } from "node:crypto";
import { addSeconds, formatInstant, type Micros, type ProposedState, parseInstant, uuidv7 } from "@weir/contracts";
import { judgeLiveness, SILENT_AFTER_SECONDS, type Witness } from "@weir/core";
import { fleet, UNREACHABLE_EVENT, WATCHDOG_LOGGER, type WitnessRow } from "@weir/db";
import { unreachableEvent } from "@weir/events";
import type { Ctx } from "../define-verb.ts";
import { proposeFlowRunState } from "../flow-run/transition.ts";
import type { Services } from "../services.ts";
import { eachFound } from "./enter.ts";

const WARNING = 30;

/**
 * Looks at running flow runs that have fallen silent. One that no witness vouches for any more is crashed; one that some
 * witness still vouches for stays as it is, and its log and an event tell once which witness is missing.
 */
export async function watchSilence(services: Services): Promise<number> {
  const before = formatInstant(addSeconds(services.clock(), -SILENT_AFTER_SECONDS));
  return eachFound(services, "watchdog", await fleet(services.db).silentRuns(before), watchRun);
}

async function watchRun(ctx: Ctx, id: string): Promise<void> {
  const row = await ctx.store.witnesses.of(id);
  if (!row) return;
  const lastHeard = instant(row.last_heard);
  const testimony = { lastHeard, leasedUntil: instant(row.leased_until), workerUntil: instant(row.worker_until) };
  const liveness = judgeLiveness(testimony, ctx.now);
  if (liveness.verdict === "alive" || lastHeard === null) return;
  const missing = liveness.missing.map((witness) => named(witness, row));
  const since = formatInstant(lastHeard);
  if (liveness.verdict === "zombie") {
    const message = `Nothing was heard of the flow run since ${since}, and nobody vouches for it. Silent: ${missing.join(", ")}.`;
    const crashed: ProposedState = { type: "CRASHED", name: "Crashed", message, data: null, details: {} };
    await proposeFlowRunState(ctx, id, crashed, "core", { only: (run) => run.state_id === row.state_id });
    return;
  }
  const present = liveness.present.map((witness) => named(witness, row)).join(", ");
  const message = `Unreachable: nothing heard since ${since}. Missing: ${missing.join(", ")}. Still there: ${present}.`;
  await tellOnce(ctx, { id, name: row.name, lastHeard, missing: liveness.missing, present: liveness.present, message });
}

type Told = { id: string; name: string; lastHeard: Micros; missing: Witness[]; present: Witness[]; message: string };

/** Into the run's log and its events; both are known by what they say, so a second watchdog adds nothing. */
async function tellOnce({ store, nowIso }: Ctx, told: Told): Promise<void> {
  const at = addSeconds(told.lastHeard, SILENT_AFTER_SECONDS);
  const id = uuidv7(at, createHash("sha256").update(`${told.id} ${told.missing.join()}`).digest());
  const line = {
    ...{ timestamp: at, flowRunId: told.id, taskRunId: null, workerId: null },
    ...{ level: WARNING, name: WATCHDOG_LOGGER, message: told.message },
  };
  await store.logs.write([{ ...line, id }]);
  await store.events.record([
    { ...unreachableEvent(UNREACHABLE_EVENT, id, told, at), received: nowIso, taskRun: null },
  ]);
}

function named(witness: Witness, { worker_name }: WitnessRow): string {
  return witness === "worker" ? `worker "${worker_name}"` : witness;
}

function instant(text: string | null): Micros | null {
  return text === null ? null : (parseInstant(text) ?? null);
}
