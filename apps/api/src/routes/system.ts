import { sql } from "@weir/db";
import type { Services } from "@weir/operations";
import type { FastifyInstance, FastifyReply } from "fastify";
import { plainWorkspaceDoors, rootDoors, sendJson } from "../door.ts";

/** Version of the wire that clients send in `X-PREFECT-API-VERSION`. */
const WIRE_VERSION = "0.8.4";
/** The client release whose server this API stands for: a client in server mode compares its major version. */
const PACKAGE_VERSION = "3.8.8";

/** Health, versions and what a client asks of a server before it works: under `/api` and in each workspace. */
export function systemRoutes(app: FastifyInstance, services: Services): void {
  const root = rootDoors(app);
  root("GET", "/health", async (_request, reply) => sendJson(reply, 200, true));
  root("GET", "/hello", async (_request, reply) => sendJson(reply, 200, "👋"));
  root("GET", "/version", async (_request, reply) => sendJson(reply, 200, WIRE_VERSION));
  root("GET", "/admin/version", async (_request, reply) => sendJson(reply, 200, PACKAGE_VERSION));
  root("GET", "/ready", async (_request, reply) => ready(services, reply));

  const door = plainWorkspaceDoors(app, services);
  door("GET", "/health", 200, () => true);
  door("GET", "/ready", 200, () => ({ message: "OK" }));
  door("GET", "/hello", 200, () => "👋");
  door("GET", "/version", 200, () => WIRE_VERSION);
  door("GET", "/admin/version", 200, () => PACKAGE_VERSION);
  // Clients read one setting; the server's own are nobody's business.
  door("GET", "/admin/settings", 200, () => ({ server: { analytics_enabled: false } }));
  door("GET", "/admin/storage", 200, () => ({ default_result_storage_block_id: null }));
  // These words switch the client's CSRF handling off.
  door("GET", "/csrf-token", 422, () => ({ detail: "CSRF protection is disabled." }));
  // Flow runs send what they measure of themselves as protobuf; nobody shows it yet.
  door("POST", "/telemetry/v1/metrics", 200, () => undefined, { opaqueBody: true });
}

async function ready(services: Services, reply: FastifyReply): Promise<unknown> {
  try {
    await services.db.query(sql`select 1`);
    return sendJson(reply, 200, { message: "OK" });
  } catch {
    return sendJson(reply.header("retry-after", "1"), 503, { message: "The database does not answer." });
  }
}
