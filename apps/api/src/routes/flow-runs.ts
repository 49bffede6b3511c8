import { Readable } from "node:stream";
import {
  averageLateness,
  countFlowRuns,
  createFlowRun,
  createFlowRunInput,
  type Download,
  deleteFlowRun,
  deleteFlowRunInput,
  deleteFlowRuns,
  downloadLogs,
  explainFlowRun,
  filterFlowRunInputs,
  filterFlowRuns,
  filterMinimalFlowRuns,
  flowRunHistory,
  paginateFlowRuns,
  readFlowRun,
  readFlowRunEvents,
  readFlowRunGraph,
  readFlowRunInput,
  readFlowRunLogs,
  readFlowRunState,
  readFlowRunStates,
  readTaskRunDependencies,
  resumeFlowRun,
  type Services,
  setFlowRunState,
  setFlowRunStates,
  updateFlowRun,
  updateFlowRunLabels,
} from "@weir/operations";
import type { FastifyInstance, FastifyReply } from "fastify";
import { workspaceDoors } from "../door.ts";
import { seenBefore, sendUnlessSeen } from "../unchanging.ts";
import { sendPage } from "./events.ts";

/** `/flow_runs` and `/flow_run_states` */
export function flowRunRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/flow_runs/", createFlowRun, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/flow_runs/filter", filterFlowRuns);
  door("POST", "/flow_runs/filter-minimal", filterMinimalFlowRuns);
  door("POST", "/flow_runs/paginate", paginateFlowRuns);
  door("POST", "/flow_runs/count", countFlowRuns);
  door("POST", "/flow_runs/lateness", averageLateness, { status: 200 });
  door("POST", "/flow_runs/bulk_delete", deleteFlowRuns);
  door("POST", "/flow_runs/bulk_set_state", setFlowRunStates);
  door("POST", "/flow_runs/history", flowRunHistory);
  door("GET", "/flow_runs/:id", readFlowRun, { vital: true });
  door("PATCH", "/flow_runs/:id", updateFlowRun, { vital: true });
  door("DELETE", "/flow_runs/:id", deleteFlowRun);
  door("GET", "/flow_runs/:id/explain", explainFlowRun);
  door("POST", "/flow_runs/:id/set_state", setFlowRunState, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/flow_runs/:id/resume", resumeFlowRun, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/flow_runs/:id/input", createFlowRunInput, { status: 201, vital: true });
  door("POST", "/flow_runs/:id/input/filter", filterFlowRunInputs, { vital: true });
  door("GET", "/flow_runs/:id/input/:key", readFlowRunInput, {
    vital: true,
    // Clients parse the text itself: as a JSON string it would be encoded twice.
    send: (value, reply) => reply.code(200).type("text/plain; charset=utf-8").send(value),
  });
  door("DELETE", "/flow_runs/:id/input/:key", deleteFlowRunInput);
  door("PATCH", "/flow_runs/:id/labels", updateFlowRunLabels, {
    vital: true,
    bodyAs: "labels",
  });
  door("GET", "/flow_runs/:id/graph", readTaskRunDependencies);
  door("GET", "/flow_runs/:id/graph-v2", readFlowRunGraph);
  door("GET", "/flow_runs/:id/logs", readFlowRunLogs, { input: seenBefore, send: sendUnlessSeen() });
  door("GET", "/flow_runs/:id/events", readFlowRunEvents, {
    input: seenBefore,
    send: sendUnlessSeen(sendPage),
  });
  door("GET", "/flow_runs/:id/logs/download", downloadLogs, { send: sendCsv });
  door("GET", "/flow_runs/:id/download-logs-csv", downloadLogs, { send: sendCsv });
  door("GET", "/flow_run_states/:id", readFlowRunState);
  door("GET", "/flow_run_states/", readFlowRunStates);
}

/** A file of which the first part is sent before the last is read. */
function sendCsv({ filename, parts }: Download, reply: FastifyReply): FastifyReply {
  return reply
    .type("text/csv; charset=utf-8")
    .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`)
    .send(Readable.from(parts));
}
