import { type InstanceFile, readInstanceFile } from "./instance-file.ts";
import { layoutOf } from "./layout.ts";
import { lockHolder } from "./lock.ts";
import { stopLeftPostgres } from "./postgres.ts";
import { signal, waitForExit } from "./processes.ts";
import { answers } from "./ready.ts";

/** How an instance stands. `starting` covers stopping too: it runs, and does not answer. */
export type InstanceStatus =
  | { state: "stopped" }
  | { state: "starting"; pid: number }
  | ({ state: "ready" } & Omit<InstanceFile, "apiKey">);

/** Looks how the instance in `dir` stands, and asks it. */
export async function instanceStatus(dir: string): Promise<InstanceStatus> {
  const at = layoutOf(dir);
  const holder = lockHolder(at.lock);
  if (!holder) return { state: "stopped" };
  const file = readInstanceFile(at.instance);
  if (file?.pid !== holder.pid || !(await answers(`${file.apiUrl}/ready`)))
    return { state: "starting", pid: holder.pid };
  const { apiKey: _, ...facts } = file;
  return { state: "ready", ...facts };
}

/**
 * Stops the instance in `dir` and waits until it is gone: "stopped", "not-running" when there was none, "stuck" when it is
 * still there after `timeoutMs`. A PostgreSQL that a killed instance left behind is stopped as well.
 */
export async function stopInstance(dir: string, timeoutMs: number): Promise<"stopped" | "not-running" | "stuck"> {
  const at = layoutOf(dir);
  const holder = lockHolder(at.lock);
  if (!holder) return (await stopLeftPostgres(at.postgres)) ? "stopped" : "not-running";
  signal(holder.pid, "SIGTERM");
  return (await waitForExit(holder.pid, timeoutMs)) ? "stopped" : "stuck";
}
