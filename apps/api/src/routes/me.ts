import { type Services, wireMe, wireMyAccounts, wireMyWorkspaces } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { rootDoors, sendJson } from "../door.ts";
import { callerOf } from "../enter.ts";

/** `/me`: what the key in the header is, and where it may go. A login asks nothing else. */
export function meRoutes(app: FastifyInstance, services: Services): void {
  const root = rootDoors(app);
  root("GET", "/me", async (request, reply) => sendJson(reply, 200, wireMe(await callerOf(services, request))));
  root("GET", "/me/workspaces", async (request, reply) =>
    sendJson(reply, 200, wireMyWorkspaces(await callerOf(services, request))),
  );
  root("GET", "/me/accounts", async (request, reply) =>
    sendJson(reply, 200, wireMyAccounts(await callerOf(services, request))),
  );
}
