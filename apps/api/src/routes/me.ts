import {
  hasMyAccountPermission,
  listAccountPermissions,
  listWorkspaceScopes,
  readMe,
  readMyAccountPermissions,
  readMyAccounts,
  readMyWorkspaces,
  type Services,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { personalDoors } from "../door.ts";

/** `/me`: what the key in the header is, and where it may go. A login asks nothing else. */
export function meRoutes(app: FastifyInstance, services: Services): void {
  const door = personalDoors(app, services);
  door("GET", "/me", readMe, { vital: true });
  door("GET", "/me/workspaces", readMyWorkspaces, { vital: true });
  door("GET", "/me/accounts", readMyAccounts, { vital: true });
  door("GET", "/me/accounts/:id/permissions", readMyAccountPermissions);
  door("GET", "/me/accounts/:id/has_permission", hasMyAccountPermission);
  door("GET", "/accounts/permissions", listAccountPermissions);
  door("GET", "/workspace_scopes", listWorkspaceScopes);
}
