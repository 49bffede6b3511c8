import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@weir/instance";
import type { Target } from "../promise.ts";
import { type Server, startServer } from "./processes.ts";

/** The folder of the `prefect` to compare with: WEIR_PREFECT_BIN, else the one that `npm test` prepares; may be absent. */
export function prefectBin(): string | undefined {
  const bin = process.env.WEIR_PREFECT_BIN ?? fileURLToPath(new URL("../../.cache/prefect-venv/bin", import.meta.url));
  return existsSync(join(bin, "prefect")) ? bin : undefined;
}

/** Starts Prefect's own server on a database, as it comes: its services on, its pages and telemetry off. */
export async function startPeer(
  bin: string,
  databaseUrl: string,
): Promise<{ server: Server; target: Target; version: string }> {
  const home = mkdtempSync(join(tmpdir(), "weir-bench-peer-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api`;
  const env = {
    HOME: home,
    PREFECT_HOME: join(home, ".prefect"),
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    PREFECT_API_DATABASE_CONNECTION_URL: databaseUrl.replace(/^postgresql:/, "postgresql+asyncpg:"),
    // Held still for a while, it would take its queries of before for hanging.
    PREFECT_API_DATABASE_TIMEOUT: "120",
    PREFECT_API_DATABASE_CONNECTION_TIMEOUT: "120",
    PREFECT_SERVER_ANALYTICS_ENABLED: "false",
    PREFECT_SERVER_UI_ENABLED: "false",
    PREFECT_SERVER_LOGGING_LEVEL: "ERROR",
    DO_NOT_TRACK: "1",
    NO_COLOR: "1",
    LANG: "C.UTF-8",
  };
  const args = ["server", "start", "--host", "127.0.0.1", "--port", String(port)];
  const server = await startServer(join(bin, "prefect"), args, env, `${url}/health`);
  const version = (await (await fetch(`${url}/admin/version`)).json()) as string;
  const stop = async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { server: { ...server, stop }, target: { name: "peer", url, apiKey: null, databaseUrl }, version };
}
