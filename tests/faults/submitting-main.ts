/** A background process whose submitter is a cloud of the test's: `submitting-main.ts <database> <cloud> <seconds ahead>`. */
import { startLoops } from "@weir/background";
import { addSeconds } from "@weir/contracts";
import { openDb, openHot } from "@weir/db";
import { databaseClock, type Submitter } from "@weir/operations";

const [url = "", cloud = "", ahead = "0"] = process.argv.slice(2);
const db = openDb({ url, connections: 4, hotConnections: 2 });
const { clock, ready } = databaseClock(db);
await ready;

const submitter: Submitter = {
  type: "ecs:push",
  async submit({ run, startId }, signal) {
    const answer = await fetch(cloud, { method: "POST", body: JSON.stringify({ run: run.id, startId }), signal });
    return answer.text();
  },
};
const services = { db, hot: openHot(db), clock: () => addSeconds(clock(), Number(ahead)) };
startLoops(services, ["submitter"], { intervalMs: 100, submitters: [submitter] });
