import { openDb, openHot } from "@weir/db";
import { databaseClock, type Services } from "@weir/operations";
import { env } from "./env.ts";

// Bundles of several routes, and reloads in development, must share one pool: it hangs on the process, not the module.
const process_ = globalThis as typeof globalThis & { weirServices?: Services };

/** What verbs run on in this process; opened at first use. */
export function services(): Services {
  if (process_.weirServices) return process_.weirServices;
  const db = openDb({ url: env().DATABASE_URL, connections: 6, hotConnections: 2 });
  process_.weirServices = { db, hot: openHot(db), clock: databaseClock(db).clock };
  return process_.weirServices;
}
