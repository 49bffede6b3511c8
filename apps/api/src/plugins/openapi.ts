import { namedAnswers } from "@weir/contracts";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Door, type PlainDoor, plainDoors, publishedDoors, rootDoors } from "../door.ts";
import { answers } from "./answers.ts";

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; required?: string[] };
type Operation = Record<string, unknown>;

const scopes = {
  root: "",
  user: "",
  account: "/accounts/{account_id}",
  workspace: "/accounts/{account_id}/workspaces/{workspace_id}",
} as const;

/** `GET /api/openapi.json`: what this API takes and answers, made from the doors themselves. Register it after them. */
export function openApi(app: FastifyInstance): void {
  let text: string | undefined;
  rootDoors(app)("GET", "/openapi.json", async (_request, reply) => {
    text ??= JSON.stringify(describeApi(publishedDoors(), plainDoors()));
    return reply.header("cache-control", "no-cache").type("application/json; charset=utf-8").send(text);
  });
}

/** An OpenAPI 3.1 document of these doors. */
function describeApi(doors: readonly Door[], plain: readonly PlainDoor[]): Record<string, unknown> {
  const paths: Record<string, Record<string, Operation>> = {};
  const add = (method: string, path: string, operation: Operation) => {
    const at = paths[path] ?? {};
    paths[path] = { ...at, [method.toLowerCase()]: { operationId: operationId(method, path), ...operation } };
  };
  for (const { method, path, scope } of plain) {
    const full = scopes[scope] + braced(path);
    add(method, full, {
      tags: [tagOf(path)],
      parameters: pathParameters(full),
      ...(scope === "root" ? { security: [] } : {}),
      responses: { default: { description: "Answer" }, ...(scope === "root" ? {} : refused) },
    });
  }
  for (const door of doors) add(door.method, scopes[door.scope] + braced(door.path), operationOf(door));
  return {
    openapi: "3.1.0",
    info: {
      title: "Weir",
      version: "0.8.4",
      description: "The API of Weir, an open control plane for workflow orchestration.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api" }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key: `pnu_…` or `pnb_…`." } },
      schemas: { ...schemas, ...namedShapes() },
      responses,
    },
  };
}

function operationOf(door: Door): Operation {
  const full = scopes[door.scope] + braced(door.path);
  const inPath = new Set(namesIn(full));
  const schema = inputSchema(door.input);
  const { properties = {}, required = [] } = schema;
  const members = Object.entries(properties).filter(([name]) => !inPath.has(name));
  const hasBody = door.method !== "GET" && door.method !== "DELETE";
  const query = hasBody
    ? []
    : members.map(([name, member]) => ({
        name,
        in: name === "if-none-match" ? "header" : "query",
        required: required.includes(name),
        schema: member,
      }));
  const body =
    door.body === undefined
      ? {
          ...schema,
          ...(schema.properties ? { properties: Object.fromEntries(members) } : {}),
          ...(required.length > 0 ? { required: required.filter((name) => !inPath.has(name)) } : {}),
        }
      : (properties[door.body] ?? {});
  return {
    tags: [tagOf(door.path)],
    summary: door.verb,
    description:
      door.permission === "self" ? "The caller's own things." : `Needs the permission \`${door.permission}\`.`,
    "x-weir-verb": door.verb,
    "x-weir-permission": door.permission,
    parameters: [...pathParameters(full), ...query],
    ...(hasBody && (door.body !== undefined || members.length > 0 || !schema.properties)
      ? { requestBody: { content: { "application/json": { schema: body } } } }
      : {}),
    responses: {
      ...Object.fromEntries(door.statuses.map((status) => [status, done(door, status)])),
      ...refused,
      "403": { $ref: "#/components/responses/Forbidden" },
      "422": { $ref: "#/components/responses/Invalid" },
    },
  };
}

/** A success, with what is answered where a verb says so. */
function done({ verb }: Door, status: number): Operation {
  const answer = answers[verb];
  if (status === 204 || !answer) return { description: "Done" };
  const { $schema: _, $defs: __, ...schema } = answerSchema(answer);
  return { description: "Done", content: { "application/json": { schema } } };
}

/** The JSON schema of an answer; shapes with names of their own are told once, in the components. */
function answerSchema(answer: z.ZodType): Schema & { $defs?: Record<string, Schema> } {
  const schema = z.toJSONSchema(answer, { io: "output", unrepresentable: "any", metadata: namedAnswers });
  return JSON.parse(JSON.stringify(schema).replaceAll("#/$defs/", "#/components/schemas/"));
}

/** Every shape that answers tell by its name. */
function namedShapes(): Record<string, Schema> {
  const all = z.object(Object.fromEntries(Object.entries(answers)));
  const shapes = answerSchema(all).$defs ?? {};
  for (const shape of Object.values(shapes)) delete shape.id;
  return shapes;
}

/** What a verb takes, before it is parsed. What JSON Schema cannot say is `{}`. */
function inputSchema(input: z.ZodType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: "input", unrepresentable: "any", reused: "inline" });
  return schema as Schema;
}

const detail = { type: "object", properties: { detail: { type: "string" } }, required: ["detail"] };
const message = {
  type: "object",
  properties: { exception_message: { type: "string" } },
  required: ["exception_message"],
};

const schemas = {
  Problem: { anyOf: [detail, message] },
  InvalidRequest: {
    type: "object",
    properties: {
      exception_message: { type: "string" },
      exception_detail: {
        type: "array",
        items: {
          type: "object",
          properties: {
            loc: { type: "array", items: { type: ["string", "integer"] } },
            msg: { type: "string" },
            type: { type: "string" },
          },
          required: ["loc", "msg", "type"],
        },
      },
      request_body: {},
    },
    required: ["exception_message", "exception_detail", "request_body"],
  },
};

const problem = (description: string) => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
});
const later = (description: string) => ({
  ...problem(description),
  headers: { "Retry-After": { description: "Seconds to wait.", schema: { type: "number" } } },
});

const responses = {
  Unauthorized: problem("No key, or one that is unknown, expired or revoked."),
  Forbidden: problem("The caller's role does not have the permission."),
  NotFound: problem("There is no such thing here."),
  Invalid: {
    description: "The request does not fit.",
    content: { "application/json": { schema: { $ref: "#/components/schemas/InvalidRequest" } } },
  },
  TooMany: later("The account has used up its minute."),
  Busy: later("Too much to do at the moment; nothing was changed."),
};

const refused = {
  "401": { $ref: "#/components/responses/Unauthorized" },
  "404": { $ref: "#/components/responses/NotFound" },
  "429": { $ref: "#/components/responses/TooMany" },
  "503": { $ref: "#/components/responses/Busy" },
};

function pathParameters(path: string) {
  return namesIn(path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: name === "id" || name.endsWith("_id") ? { type: "string", format: "uuid" } : { type: "string" },
  }));
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

function braced(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function tagOf(path: string): string {
  return path.split("/").find((part) => part !== "" && part !== "v2" && !part.startsWith(":")) ?? "workspace";
}

function operationId(method: string, path: string): string {
  const place = path.replace(scopes.workspace, "workspace").replace(scopes.account, "account");
  return `${method.toLowerCase()}_${place.replaceAll(/[^\w]+/g, "_").replace(/^_|_$/g, "")}`;
}
