import { grantToSystem } from "@weir/auth";
import { identities } from "@weir/db";
import type { Services } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { eventsInRoute } from "./events-in.ts";
import type { Handshake } from "./handshake.ts";
import { scheduledTasksRoute } from "./scheduled-tasks.ts";
import { eventsOutRoute, logsOutRoute } from "./streams-out.ts";
import { workerChannelRoute } from "./worker-channel.ts";

const PACE_WITHIN_MS = 10_000;
const WORKSPACE = "/api/accounts/:account_id/workspaces/:workspace_id";

/** Every websocket of a workspace. */
export function sockets(app: FastifyInstance, services: Services, trustLoopback: boolean): void {
  const handshake: Handshake = { services, anonymous: trustLoopback ? localGrant(services) : undefined };
  eventsInRoute(app, `${WORKSPACE}/events/in`, handshake, {
    // A refused event would only be sent again: its sender is slowed down instead, within what its pings wait for.
    received: async (grant, count) => app.rateLimits?.pace("events", grant.accountId, count, PACE_WITHIN_MS),
    refused: (reason) => app.log.warn({ reason }, "event dropped"),
  });
  eventsOutRoute(app, `${WORKSPACE}/events/out`, handshake);
  logsOutRoute(app, `${WORKSPACE}/logs/out`, handshake);
  scheduledTasksRoute(app, `${WORKSPACE}/task_runs/subscriptions/scheduled`, handshake);
  workerChannelRoute(app, `${WORKSPACE}/work_pools/:work_pool_name/workers/connect`, handshake);
}

/** The grant of a socket without a key on a local instance: a client in server mode has no place to send one. */
function localGrant(services: Services): Handshake["anonymous"] {
  return async (accountId, workspaceId) => {
    const workspace = await identities(services.db).workspace(accountId, workspaceId);
    return workspace && grantToSystem("local socket", workspace);
  };
}
