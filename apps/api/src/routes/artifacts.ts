import {
  countArtifacts,
  countLatestArtifacts,
  createArtifact,
  deleteArtifact,
  filterArtifacts,
  filterLatestArtifacts,
  readArtifact,
  readFlowRunArtifacts,
  readLatestArtifact,
  readTaskRunArtifacts,
  type Services,
  updateArtifact,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/artifacts`, and those of a run. */
export function artifactRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/artifacts/", createArtifact, { status: 201, vital: true });
  door("POST", "/artifacts/filter", filterArtifacts);
  door("POST", "/artifacts/latest/filter", filterLatestArtifacts);
  door("POST", "/artifacts/count", countArtifacts);
  door("POST", "/artifacts/latest/count", countLatestArtifacts);
  door("GET", "/artifacts/:id", readArtifact);
  door("GET", "/artifacts/:key/latest", readLatestArtifact);
  door("GET", "/flow_runs/:id/artifacts", readFlowRunArtifacts);
  door("GET", "/task_runs/:id/artifacts", readTaskRunArtifacts);
  door("PATCH", "/artifacts/:id", updateArtifact, { vital: true });
  door("DELETE", "/artifacts/:id", deleteArtifact);
}
