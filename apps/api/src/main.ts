import { startLoops } from "@weir/background";
import { openDb, openHot } from "@weir/db";
import { databaseClock } from "@weir/operations";
import { buildApp } from "./app.ts";
import { readEnv } from "./env.ts";

const env = readEnv();
const db = openDb({ url: env.DATABASE_URL });
const { clock, ready, stop: stopClock } = databaseClock(db);
await ready;
const services = { db, hot: openHot(db), clock };
const app = await buildApp(services, {
  logLevel: env.LOG_LEVEL,
  trustLoopback: env.WEIR_TRUST_LOOPBACK === "1",
  limits: {
    apiPerMinute: env.RATE_LIMIT_API_PER_MINUTE,
    eventsPerMinute: env.RATE_LIMIT_EVENTS_PER_MINUTE,
    ...(env.REDIS_URL ? { redisUrl: env.REDIS_URL } : {}),
  },
  ...(env.DASHBOARD_ORIGIN ? { dashboardOrigin: env.DASHBOARD_ORIGIN } : {}),
});
const names = env.WEIR_LOOPS === "all" || env.WEIR_LOOPS === "none" ? env.WEIR_LOOPS : env.WEIR_LOOPS.split(",");
const loops = startLoops(services, names);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await app.close();
  await loops.stop();
  stopClock();
  await db.close();
  process.exit(0);
}

process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
if (env.WEIR_SUPERVISED) process.stdin.on("end", () => void stop()).resume();

await app.listen({ host: env.HOST, port: env.PORT });
