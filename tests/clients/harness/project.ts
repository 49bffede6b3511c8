import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "./client.ts";
import { scenariosDir } from "./paths.ts";
import type { Running } from "./processes.ts";
import { until } from "./until.ts";

/** A copy of the project with a prefect.yaml, in the client's home: `prefect deploy` notes where it is. */
export function ownProject(client: Client): string {
  const project = join(client.home, "project");
  cpSync(join(scenariosDir, "project"), project, { recursive: true });
  return project;
}

/** Starts a worker and waits until it polls. */
export async function startWorker(
  client: Client,
  pool: string,
  { name = "worker-1", queue, env = {} }: { name?: string; queue?: string; env?: Record<string, string> } = {},
): Promise<Running> {
  const args = [
    "worker",
    "start",
    "--pool",
    pool,
    "--type",
    "process",
    "--name",
    name,
    ...(queue ? ["--work-queue", queue] : []),
  ];
  const worker = client.startPrefect(args, { env });
  await until("the worker to start", () => worker.output().includes(`Worker '${name}' started!`));
  return worker;
}
