import { createApiKey, listApiKeys, readApiKey, revokeApiKey, type Services, wireApiKey } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { inputOf, personalDoors } from "../door.ts";

const listed = { body: (rows: Awaited<ReturnType<typeof listApiKeys>>) => rows.map(wireApiKey) };
const named = { input: (request: FastifyRequest) => inputOf(request).key_id };

/** `/users/{id}/api_keys`: a user's own keys; the key itself is told once, when it is made. */
export function apiKeyRoutes(app: FastifyInstance, services: Services): void {
  const door = personalDoors(app, services);
  door("POST", "/users/:user_id/api_keys", createApiKey, { status: 201 });
  door("GET", "/users/:user_id/api_keys", listApiKeys, {
    ...listed,
    input: (request) => ({ name: (request.query as { name?: unknown }).name }),
  });
  door("GET", "/users/:user_id/api_keys/:key_id", readApiKey, { ...named, body: wireApiKey });
  door("DELETE", "/users/:user_id/api_keys/:key_id", revokeApiKey, named);
  door("GET", "/me/api_keys", listApiKeys, { ...listed, input: () => ({}) });
  door("POST", "/me/api_keys/filter", listApiKeys, listed);
}
