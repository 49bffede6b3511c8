import { openDb, openHot } from "@weir/db";
import { databaseClock } from "@weir/operations";
import { readEnv } from "./env.ts";
import { startLoops } from "./start-loops.ts";

const env = readEnv();
const db = openDb({ url: env.DATABASE_URL });
const names = env.WEIR_LOOPS === "all" || env.WEIR_LOOPS === "none" ? env.WEIR_LOOPS : env.WEIR_LOOPS.split(",");
const { clock, ready, stop: stopClock } = databaseClock(db);
await ready;
const loops = startLoops({ db, hot: openHot(db), clock }, names);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await loops.stop();
  stopClock();
  await db.close();
  process.exit(0);
}

process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
if (env.WEIR_SUPERVISED) process.stdin.on("end", () => void stop()).resume();
