import type { Micros } from "@weir/contracts";
import type { Db, Hot } from "@weir/db";

/** What verbs run on. `clock` is the only source of time: tests and skewed replicas set their own. */
export type Services = { db: Db; hot: Hot; clock(): Micros };

/** Microseconds since the epoch from the machine's clock; rises within a process. */
export function systemClock(): () => Micros {
  let last = 0;
  return () => {
    const now = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    last = now > last ? now : last + 1;
    return last as Micros;
  };
}
