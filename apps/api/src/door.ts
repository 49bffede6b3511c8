import { parseUuid, toWire, WeirError } from "@weir/contracts";
import {
  type AccountCtx,
  type Caller,
  type Ctx,
  openCtx,
  type PersonalVerb,
  type Services,
  type Verb,
} from "@weir/operations";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { enterAccount, enterSelf, enterWorkspace } from "./enter.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How a route differs from the plain one: input from path, query and body; 200 with the result, or 204 when there is none. */
export type DoorOptions<Out> = {
  status?: number | ((out: Out) => number);
  /** What is sent; the result itself when absent. */
  body?: (out: Out) => unknown;
  /** Input for the verb; path, query and body members together when absent. */
  input?: (request: FastifyRequest) => unknown;
  /** The verb's input member that the whole body is, rather than its members one by one. */
  bodyAs?: string;
  /** Every status of success, for the document, where `status` decides at each call. */
  statuses?: number[];
  /** Sends the answer itself. */
  send?: (out: Out, reply: FastifyReply) => unknown;
  /** Calls that keep running work alive are served before lists when there is too much to do. */
  vital?: boolean;
  /** Each element of the body counts towards the allowance for log lines and events. */
  countsElements?: boolean;
};

/** A published route: what the OpenAPI document and the walls are made from. */
export type Door = {
  method: Method;
  path: string;
  verb: string;
  permission: string;
  scope: "workspace" | "account" | "user";
  input: z.ZodType;
  /** The member of the input that the whole body is; its members one by one when absent. */
  body: string | undefined;
  /** Statuses of success. */
  statuses: number[];
};

const doors: Door[] = [];

function publish<In, Out>(
  scope: Door["scope"],
  method: Method,
  path: string,
  verb: { readonly verbName: string; readonly permission: string; readonly input: z.ZodType<In> },
  { bodyAs, status, statuses, body }: DoorOptions<Out>,
): void {
  // A process that builds the API again (tests) opens the same doors again.
  const known = doors.findIndex((door) => door.scope === scope && door.method === method && door.path === path);
  const told = statuses ?? (typeof status === "function" ? [200, 201] : [status ?? (body ? 200 : undefined)]);
  const door: Door = {
    method,
    path,
    scope,
    verb: verb.verbName,
    permission: verb.permission,
    input: verb.input,
    body: bodyAs,
    statuses: told.flatMap((one) => one ?? [200, 204]),
  };
  if (known === -1) doors.push(door);
  else doors[known] = door;
}

/** The input of a call: what the door says, or path, query and body together. */
function readInput<Out>(request: FastifyRequest, { input, bodyAs }: DoorOptions<Out>): unknown {
  if (input) return input(request);
  if (bodyAs === undefined) return inputOf(request);
  // A list has no members to merge with the path's.
  const path = { params: request.params, query: request.query, body: undefined } as FastifyRequest;
  return { ...inputOf(path), [bodyAs]: request.body };
}

/** Every route that reaches a verb, in the order they were made. */
export function publishedDoors(): readonly Door[] {
  return doors;
}

/** Opens a workspace's routes onto verbs, under `/api/accounts/{account_id}/workspaces/{workspace_id}`. */
export function workspaceDoors(app: FastifyInstance, services: Services) {
  return <In, Out>(method: Method, path: string, verb: Verb<In, Out>, options: DoorOptions<Out> = {}): void => {
    publish("workspace", method, path, verb, options);
    app.route({
      method,
      url: `/api/accounts/:account_id/workspaces/:workspace_id${path}`,
      config: { vital: options.vital ?? false, countsElements: options.countsElements ?? false },
      handler: async (request, reply) => {
        const grant = await enterWorkspace(services, request);
        const ctx: Ctx = openCtx(services, grant, callerOf(request, reply, grant.accountId));
        return answer(await verb(ctx, readInput(request, options)), reply, options);
      },
    });
  };
}

/** The version of the client that made a request; undefined when it tells none. */
export function versionOf({ headers }: FastifyRequest): string | undefined {
  return /^prefect\/(\d+\.\d+\.\d+[a-z.+0-9]*) \(API \S+\)$/.exec(headers["user-agent"] ?? "")?.[1];
}

/** Who made a request. */
function callerOf(request: FastifyRequest, reply: FastifyReply, accountId: string): Caller {
  return {
    version: versionOf(request),
    isGone: () => reply.raw.destroyed,
    onGone: (listener) => {
      reply.raw.once("close", listener);
      return () => reply.raw.off("close", listener);
    },
    rest: () => request.rest?.(),
    refusals: () => request.server.rateLimits?.refusals.of(accountId) ?? [],
  };
}

/** Routes that reach no verb: what they answer depends on no row. The list may only shrink; see tests/walls. */
export type PlainDoor = { method: Method; path: string; scope: "root" | "workspace" };

const plain: PlainDoor[] = [];

function publishPlain(door: PlainDoor): void {
  const same = ({ method, path, scope }: PlainDoor) =>
    method === door.method && path === door.path && scope === door.scope;
  if (!plain.some(same)) plain.push(door);
}

/** Every route that reaches no verb. */
export function plainDoors(): readonly PlainDoor[] {
  return plain;
}

/** Opens routes of a workspace whose answer depends on no row; only who may enter is checked. */
export function plainWorkspaceDoors(app: FastifyInstance, services: Services) {
  return (
    method: Method,
    path: string,
    status: number,
    body: (request: FastifyRequest) => unknown,
    { opaqueBody = false } = {},
  ): void => {
    publishPlain({ method, path, scope: "workspace" });
    app.route({
      method,
      url: `/api/accounts/:account_id/workspaces/:workspace_id${path}`,
      config: { vital: true, opaqueBody },
      handler: async (request, reply) => {
        await enterWorkspace(services, request);
        const told = body(request);
        return status === 204 || told === undefined ? reply.code(status).send() : sendJson(reply, status, told);
      },
    });
  };
}

/** Opens routes under `/api` that anybody may call. */
export function rootDoors(app: FastifyInstance) {
  return (
    method: Method,
    path: string,
    answerTo: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void => {
    publishPlain({ method, path, scope: "root" });
    app.route({ method, url: `/api${path}`, config: { vital: true, free: true }, handler: answerTo });
  };
}

type AccountVerb<In, Out> = {
  (ctx: AccountCtx, input: unknown): Promise<Out>;
  readonly verbName: string;
  readonly permission: string;
  readonly input: z.ZodType<In>;
};

/** Opens an account's routes onto verbs, under `/api/accounts/{account_id}`. */
export function accountDoors(app: FastifyInstance, services: Services) {
  return <In, Out>(method: Method, path: string, verb: AccountVerb<In, Out>, options: DoorOptions<Out> = {}): void => {
    publish("account", method, path, verb, options);
    app.route({
      method,
      url: `/api/accounts/:account_id${path}`,
      config: { vital: false },
      handler: async (request, reply) => {
        const ctx = await enterAccount(services, request);
        return answer(await verb(ctx, readInput(request, options)), reply, options);
      },
    });
  };
}

/** Opens routes onto personal verbs, under `/api`: the caller's own things, whatever `user_id` the path names. */
export function personalDoors(app: FastifyInstance, services: Services) {
  return <In, Out>(method: Method, path: string, verb: PersonalVerb<In, Out>, options: DoorOptions<Out> = {}): void => {
    publish("user", method, path, verb, options);
    app.route({
      method,
      url: `/api${path}`,
      config: { vital: options.vital ?? false },
      handler: async (request, reply) => {
        const identity = await enterSelf(services, request);
        return answer(await verb(services, identity, readInput(request, options)), reply, options);
      },
    });
  };
}

function answer<Out>(out: Out, reply: FastifyReply, options: DoorOptions<Out>): unknown {
  if (options.send) return options.send(out, reply);
  const status = typeof options.status === "function" ? options.status(out) : options.status;
  const body = options.body ? options.body(out) : out;
  if (body === undefined && status === undefined) return reply.code(204).send();
  return sendJson(reply, status ?? 200, body ?? null);
}

/** Sends a value as JSON, documents in it as their own text. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header("content-type", "application/json; charset=utf-8").send(toWire(body));
}

/**
 * Path, query and body members as one input; the path wins. A path id that is no UUID names nothing, nor does a name with
 * a NUL, which no row can hold: 404.
 */
export function inputOf(request: FastifyRequest): Record<string, unknown> {
  const { account_id: _, workspace_id: __, ...params } = request.params as Record<string, string>;
  for (const [name, value] of Object.entries(params)) {
    if (value.includes("\u0000")) throw new WeirError("missing", "Not Found");
    if (name !== "id" && !name.endsWith("_id")) continue;
    const id = parseUuid(value);
    if (id === undefined) throw new WeirError("missing", "Not Found");
    params[name] = id;
  }
  const query = request.query as Record<string, unknown>;
  const body = request.body;
  if (body !== undefined && body !== null && (typeof body !== "object" || Array.isArray(body))) {
    throw new WeirError("invalid", "Invalid request received.", {
      issues: [
        {
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          type: "model_attributes_type",
        },
      ],
    });
  }
  return { ...query, ...(body as Record<string, unknown> | undefined), ...params };
}
