import type { Services } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../apps/api/src/app.ts";
import { plainDoors } from "../../apps/api/src/door.ts";
import { everyDoor, nameOf } from "./harness/doors.ts";
import { PLAIN_DOORS } from "./plain-doors.ts";

let app: FastifyInstance;

beforeAll(async () => {
  // Routes alone are looked at: nothing is asked of the database.
  app = await buildApp({} as Services);
});

afterAll(() => app.close());

test("no route without a verb has come", () => {
  const known = new Set(PLAIN_DOORS);
  expect(
    plainDoors()
      .map(nameOf)
      .filter((name) => !known.has(name)),
  ).toEqual([]);
});

test("routes without a verb that have gone are off the list", () => {
  const there = new Set(plainDoors().map(nameOf));
  expect(PLAIN_DOORS.filter((name) => !there.has(name))).toEqual([]);
});

/** Routes that were not made as doors. */
const unpublished = [
  "GET /api/accounts/:x/workspaces/:x/events/in",
  "GET /api/accounts/:x/workspaces/:x/events/out",
  "GET /api/accounts/:x/workspaces/:x/logs/out",
  "GET /api/accounts/:x/workspaces/:x/task_runs/subscriptions/scheduled",
  "GET /api/accounts/:x/workspaces/:x/work_pools/:x/workers/connect",
];

test("every route was published as a door, but for the sockets", () => {
  const bases = {
    root: "/api",
    user: "/api",
    account: "/api/accounts/:account_id",
    workspace: "/api/accounts/:account_id/workspaces/:workspace_id",
  };
  const published = everyDoor().map(({ scope, method, path }) => `${method} ${trim(bases[scope] + path)}`);
  const there = routesOf(app);
  expect(there.length).toBeGreaterThan(100);
  expect(there.filter((route) => !published.includes(route)).sort()).toEqual(unpublished);
  expect(published.filter((route) => !there.includes(route))).toEqual([]);
});

/** A path without what does not tell routes apart: how a parameter is called, and the last slash. */
function trim(path: string): string {
  return path.replaceAll(/:\w+(\|:\w+)*/g, ":x").replace(/\/$/, "");
}

/** The routes of an app, read from the tree that Fastify prints: `GET /a/:b`. */
function routesOf(app: FastifyInstance): string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", segment = "", methods = ""] = /^([│├└─\s]*)(\S*?)(?: \(([A-Z, ]+)\))?$/u.exec(line) ?? [];
      const depth = indent.length / 4;
      above.length = depth;
      above[depth] = (above[depth - 1] ?? "") + segment;
      const path = trim(above[depth]);
      return methods
        .split(", ")
        .filter((method) => method !== "" && method !== "HEAD")
        .map((method) => `${method} ${path}`);
    });
}
