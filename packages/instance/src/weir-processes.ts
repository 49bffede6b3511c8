import { existsSync } from "node:fs";
import { join } from "node:path";
import { WeirInstanceError } from "./errors.ts";
import type { Secrets } from "./secrets.ts";
import type { ChildSpec } from "./supervisor.ts";

/** What the processes of an instance are told. `inherited` is the environment they get besides. */
export type ProcessFacts = {
  root: string;
  publicUrl: string;
  port: number;
  dashboardPort: number;
  databaseUrl: string;
  secrets: Secrets;
  inherited: Record<string, string>;
};

/** The built files that an instance runs, below the repository's root. */
export const BUILT = {
  api: "apps/api/dist/main.mjs",
  dashboard: "apps/dashboard/.next/standalone/apps/dashboard/server.js",
  runDashboard: "apps/cli/dist/run-dashboard.mjs",
  prepare: "apps/cli/dist/prepare-database.mjs",
};

/** Throws unless everything that an instance runs has been built. */
export function checkBuilt(root: string): void {
  for (const file of Object.values(BUILT)) {
    if (existsSync(join(root, file))) continue;
    throw new WeirInstanceError(
      "not-built",
      `${file} is missing. Run "npm start", which builds it, or "npm run build".`,
    );
  }
}

/**
 * How Node.js runs the API. Much is made for each call and dropped with its answer: with room for a second's worth, little of
 * it lives long enough to be copied, which takes a twelfth off the CPU of a call.
 */
export const API_NODE_FLAGS: readonly string[] = ["--enable-source-maps", "--max-semi-space-size=32"];

/**
 * The processes of an instance, in the order in which they stop. The API, with the background loops inside, listens on the
 * public port and passes on to the dashboard whatever is not its own.
 */
export function weirProcesses(facts: ProcessFacts): ChildSpec[] {
  const { root, inherited, publicUrl, secrets } = facts;
  const common = { ...inherited, NODE_ENV: "production", DATABASE_URL: facts.databaseUrl };
  return [
    {
      name: "api",
      command: process.execPath,
      args: [...API_NODE_FLAGS, join(root, BUILT.api)],
      cwd: root,
      env: {
        ...common,
        PORT: String(facts.port),
        HOST: "127.0.0.1",
        DASHBOARD_ORIGIN: `http://127.0.0.1:${facts.dashboardPort}`,
        PUBLIC_URL: publicUrl,
        WEIR_LOOPS: inherited.WEIR_LOOPS ?? "all",
        // Listening on loopback, for this machine alone; see docs/decisions/0006.
        WEIR_TRUST_LOOPBACK: "1",
      },
      stopTimeoutMs: 15_000,
    },
    {
      name: "dashboard",
      command: process.execPath,
      args: [join(root, BUILT.runDashboard), join(root, BUILT.dashboard)],
      cwd: root,
      env: {
        ...common,
        PORT: String(facts.dashboardPort),
        HOSTNAME: "127.0.0.1",
        NEXTAUTH_URL: publicUrl,
        NEXTAUTH_SECRET: secrets.authSecret,
        NEXT_TELEMETRY_DISABLED: "1",
        WEIR_API_URL: `${publicUrl}/api`,
      },
      stopTimeoutMs: 5_000,
    },
  ];
}
