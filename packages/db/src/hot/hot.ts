import type { Db } from "../client.ts";
import { deploymentReader } from "./deployment-read.ts";
import { eventRecorder } from "./event-record.ts";
import { flowReader } from "./flow-read.ts";
import { flowRunCommitter } from "./flow-run-commit.ts";
import { flowRunCreator } from "./flow-run-create.ts";
import { flowRunLoader } from "./flow-run-load.ts";
import { flowRunReader } from "./flow-run-read.ts";
import { logWriter } from "./log-write.ts";
import { workerHeartbeats } from "./worker-heartbeat.ts";

/** The batched statements of the hot path, one batcher each, shared by every workspace of this process. */
export type Hot = ReturnType<typeof openHot>;

/** Opens the batchers on a database's hot connections. */
export function openHot(db: Pick<Db, "hot">) {
  return {
    readFlow: flowReader(db),
    deployments: deploymentReader(db),
    loadFlowRun: flowRunLoader(db),
    readFlowRun: flowRunReader(db),
    commitFlowRun: flowRunCommitter(db),
    createFlowRun: flowRunCreator(db),
    recordEvents: eventRecorder(db),
    writeLogs: logWriter(db),
    workerHeartbeat: workerHeartbeats(db),
  };
}
