import { afterAll, beforeAll } from "vitest";
import { startTestApi, type TestApi } from "./api.ts";
import { type TestDatabase, testDatabase } from "./database.ts";
import { aWorkspace, type TestWorkspace } from "./workspace.ts";

type Body = Record<string, unknown>;

/** What the tests of a file call: the API on a database of the file's own, as the owner of a workspace in it. */
export type ApiSuite = {
  base: TestDatabase;
  api: TestApi;
  ws: TestWorkspace;
  /** A call to the workspace's route. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  /** The status of a call. */
  status(method: string, path: string, body?: unknown): Promise<number>;
};

/**
 * Starts an API before the tests of the file and drops it after them. Its database, API and workspace are there from the
 * file's own `beforeAll` on.
 */
export function apiSuite(): ApiSuite {
  const made: Partial<Pick<ApiSuite, "base" | "api" | "ws">> = {};
  const get = <Key extends keyof typeof made>(key: Key): ApiSuite[Key] => {
    const value = made[key];
    if (value === undefined) throw new Error(`${key} is there once the suite has begun`);
    return value as ApiSuite[Key];
  };
  beforeAll(async () => {
    made.base = await testDatabase();
    made.api = await startTestApi(made.base.services);
    made.ws = await aWorkspace(made.base.services);
  });
  afterAll(async () => {
    await made.api?.close();
    await made.base?.drop();
  });
  const suite: ApiSuite = {
    get base() {
      return get("base");
    },
    get api() {
      return get("api");
    },
    get ws() {
      return get("ws");
    },
    async call(method, path, body) {
      const answer = await suite.api.call(suite.ws, method, path, body);
      return { status: answer.status, body: answer.body as Body };
    },
    status: async (method, path, body) => (await suite.call(method, path, body)).status,
  };
  return suite;
}
