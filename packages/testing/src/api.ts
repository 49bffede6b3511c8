import type { AddressInfo } from "node:net";
import { buildApp } from "@weir/api";
import type { Services } from "@weir/operations";
import type { TestWorkspace } from "./workspace.ts";

/** The API, listening. */
export type TestApi = {
  /** `http://127.0.0.1:{port}` */
  origin: string;
  /** Address of a workspace's routes. */
  workspaceUrl(workspace: Pick<TestWorkspace, "accountId" | "workspaceId">): string;
  /** A call to a workspace's route with its key; a `body` is sent as JSON. */
  call(
    workspace: TestWorkspace,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  close(): Promise<void>;
};

/** Starts the API in this process on a free port. */
export async function startTestApi(services: Services): Promise<TestApi> {
  const app = await buildApp(services);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const workspaceUrl: TestApi["workspaceUrl"] = ({ accountId, workspaceId }) =>
    `${origin}/api/accounts/${accountId}/workspaces/${workspaceId}`;
  return {
    origin,
    workspaceUrl,
    async call(workspace, method, path, body, headers = {}) {
      const answer = await fetch(workspaceUrl(workspace) + path, {
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${workspace.apiKey}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : parse(text), headers: answer.headers };
    },
    close: () => app.close(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
