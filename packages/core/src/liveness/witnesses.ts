import { addSeconds, type Micros } from "@weir/contracts";

/** A run that tells nothing for three of its client's usual intervals has fallen silent. In seconds. */
export const SILENT_AFTER_SECONDS = 540;

/** Who can tell that a run lives. */
export type Witness = "heartbeats" | "lease" | "worker";

/** What is known of a running flow run's witnesses. One that it never had is null, and has no say. */
export type Testimony = {
  /** When anything last came from the run itself; null when its client sends no heartbeats, so that silence says nothing. */
  lastHeard: Micros | null;
  /** Until when its slots are leased; an instant that has gone by when the lease was lost. */
  leasedUntil: Micros | null;
  /** Until when its worker counts as online. */
  workerUntil: Micros | null;
};

/**
 * What becomes of it: alive while the run itself is heard; unreachable when it fell silent and another witness still
 * vouches for it; a zombie when every witness that it has is silent.
 */
export type Liveness =
  | { verdict: "alive" }
  | { verdict: "unreachable" | "zombie"; missing: Witness[]; present: Witness[] };

/** Judges a running flow run by its witnesses. */
export function judgeLiveness({ lastHeard, leasedUntil, workerUntil }: Testimony, now: Micros): Liveness {
  if (lastHeard === null || now < addSeconds(lastHeard, SILENT_AFTER_SECONDS)) return { verdict: "alive" };
  const others: [Witness, Micros | null][] = [
    ["lease", leasedUntil],
    ["worker", workerUntil],
  ];
  const silent = others.flatMap(([witness, until]) => (until !== null && until <= now ? [witness] : []));
  const present = others.flatMap(([witness, until]) => (until !== null && until > now ? [witness] : []));
  return { verdict: present.length === 0 ? "zombie" : "unreachable", missing: ["heartbeats", ...silent], present };
}
