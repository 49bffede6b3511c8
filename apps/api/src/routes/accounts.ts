import {
  createWorkspace,
  deleteWorkspace,
  filterWorkspaces,
  readAccount,
  readAccountSettings,
  readWorkspace,
  type Services,
  updateAccount,
  updateAccountSettings,
  updateWorkspace,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { accountDoors, workspaceDoors } from "../door.ts";

/** `/accounts/{id}` and its workspaces. */
export function accountRoutes(app: FastifyInstance, services: Services): void {
  const account = accountDoors(app, services);
  account("GET", "", readAccount);
  account("PATCH", "", updateAccount);
  account("GET", "/settings", readAccountSettings);
  account("PATCH", "/settings", updateAccountSettings);
  account("POST", "/workspaces/", createWorkspace, { status: 201 });
  account("POST", "/workspaces/filter", filterWorkspaces);

  const workspace = workspaceDoors(app, services);
  workspace("GET", "", readWorkspace);
  workspace("PATCH", "", updateWorkspace);
  workspace("DELETE", "", deleteWorkspace);
}
