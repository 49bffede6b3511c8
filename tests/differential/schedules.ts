import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Micros, parseInstant, WeirError } from "@weir/contracts";
import { occurrences, parseSchedule } from "@weir/core";
import { prefectBin } from "../clients/harness/paths.ts";

const script = fileURLToPath(new URL("../../packages/core/fixtures/schedules.py", import.meta.url));

/** A schedule, what was asked of it, and what the peer says; see the script that writes it. */
type Case = {
  schedule: Record<string, unknown>;
  from: string;
  limit: number;
  until?: string;
  moved?: true;
  expected: Dates | "refused" | "failed" | "slow";
};
type Dates = number[];

/** Why the two may differ; each is told of in docs/decisions/0027. */
type Kept =
  | "peer gives up"
  | "peer leaves the wall clock"
  | "peer goes back"
  | "peer repeats itself"
  | "peer leaves out a repeated hour";

/** What a comparison came to: how many agree, how many differ as they may, and those that differ and must not. */
export type Comparison = { same: number; kept: Record<Kept, number>; wrong: { case: Case; ours: Dates | "refused" }[] };

const HOUR = 3_600_000_000;

/** Rules of the peer know no daylight saving after 2037. */
const LAST = Date.UTC(2037, 11, 31) * 1000;

/** Asks both for the dates of `count` random schedules. `patience`: seconds that the peer may take over one. */
export async function compareSchedules(asked: { count: number; seed: number; patience: number }): Promise<Comparison> {
  const options = Object.entries(asked).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const python = join(prefectBin(), "python");
  const { stdout } = await promisify(execFile)(python, [script, ...options], { maxBuffer: 1e9 });
  const found: Comparison = {
    same: 0,
    kept: {
      ...{ "peer gives up": 0, "peer leaves the wall clock": 0, "peer goes back": 0, "peer repeats itself": 0 },
      "peer leaves out a repeated hour": 0,
    },
    wrong: [],
  };
  for (const line of stdout.trimEnd().split("\n")) {
    const one = JSON.parse(line) as Case;
    const ours = datesOf(one);
    const reason = mayDiffer(one, ours);
    if (agree(ours, one.expected)) found.same += 1;
    else if (reason) found.kept[reason] += 1;
    else found.wrong.push({ case: one, ours });
  }
  return found;
}

function mayDiffer({ schedule, expected, from, moved }: Case, ours: Dates | "refused"): Kept | undefined {
  if (expected === "refused") return undefined;
  if (expected === "failed" || expected === "slow") return "peer gives up";
  if (moved) return "peer leaves the wall clock";
  if (expected.some((date) => date < instant(from))) return "peer goes back";
  if (expected.some((date, index) => index > 0 && date <= (expected[index - 1] ?? 0))) return "peer repeats itself";
  if (ours === "refused" || !isRepeated(instant(from), String(schedule.timezone ?? "UTC"))) return undefined;
  const isShort = (ours[0] ?? 0) - instant(from) < 2 * HOUR && agree(ours.slice(1), expected.slice(0, -1));
  return isShort ? "peer leaves out a repeated hour" : undefined;
}

/** The clock of the zone will show this time again. */
function isRepeated(at: Micros, timeZone: string): boolean {
  const clock = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return clock.format(at / 1000) === clock.format((at + HOUR) / 1000);
}

function agree(ours: Dates | "refused", theirs: Case["expected"]): boolean {
  const known = (dates: Dates | string) => (Array.isArray(dates) ? dates.filter((date) => date < LAST) : dates);
  return JSON.stringify(known(ours)) === JSON.stringify(known(theirs));
}

function datesOf({ schedule, from, limit, until }: Case): Dates | "refused" {
  try {
    const range = { from: instant(from), limit };
    return occurrences(parseSchedule(schedule), until === undefined ? range : { ...range, until: instant(until) });
  } catch (error) {
    if (error instanceof WeirError) return "refused";
    throw error;
  }
}

function instant(text: string): Micros {
  return parseInstant(text) ?? (Number.NaN as Micros);
}
