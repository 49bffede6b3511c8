import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { treeCpuSeconds } from "./driver/cpu.ts";
import type { LoadResult } from "./driver/load.ts";
import type { Job } from "./driver/main.ts";

/** What one timed run came to. CPU in milliseconds for each operation. */
export type Measured = LoadResult & { serverCpuMs: number; postgresCpuMs: number; driverCpuMs: number };

/** Runs the load in a process of its own, and reads beside it what the server and PostgreSQL use meanwhile. */
export async function measure(job: Job, pids: { server: number; postgres: number }): Promise<Measured> {
  const child = fork(fileURLToPath(new URL("./driver/main.ts", import.meta.url)), { execArgv: ["--import", "tsx"] });
  const used = () => ({ server: treeCpuSeconds(pids.server), postgres: treeCpuSeconds(pids.postgres) });
  let before = used();
  const result = await new Promise<LoadResult & { after: ReturnType<typeof used> }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the driver ended with ${code}`)));
    child.on("message", (message: { warm?: true; result?: LoadResult }) => {
      if (message.warm) {
        before = used();
        child.send({ go: true });
      }
      if (message.result) resolve({ ...message.result, after: used() });
    });
    child.send(job);
  });
  const { after, ...load } = result;
  const each = (seconds: number) => (seconds * 1000) / load.operations;
  return {
    ...load,
    serverCpuMs: each(after.server - before.server),
    postgresCpuMs: each(after.postgres - before.postgres),
    driverCpuMs: each(load.driverCpuSeconds),
  };
}
