import { startInstance } from "@weir/instance";
import { inheritedEnv, readEnv, startedByNpm } from "../../env.ts";
import { instanceDir, root } from "../../paths.ts";
import { welcome } from "./welcome.ts";
import { whenNpmIsGone } from "./when-npm-is-gone.ts";

/** `weir server start`: runs Weir in the foreground until a signal stops it. */
export async function startServer(): Promise<void> {
  const env = readEnv();
  const started = performance.now();
  const stopping = new AbortController();
  const print = (line: string) => console.log(`  ${line}`);

  const asked = new Promise<void>((resolve) => {
    const ask = () => {
      if (!stopping.signal.aborted) console.log("\nStopping Weir…");
      stopping.abort();
      resolve();
    };
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, ask);
    if (startedByNpm()) whenNpmIsGone(ask);
  });

  console.log("Starting Weir…");
  const instance = await startInstance({
    dir: instanceDir(env.WEIR_HOME),
    root,
    port: env.WEIR_PORT,
    databaseUrl: env.DATABASE_URL,
    inherited: inheritedEnv(),
    print,
    abort: stopping.signal,
  }).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined; // asked to stop before it was up: all undone
    throw error;
  });
  if (!instance) return;

  console.log(welcome(instance, (performance.now() - started) / 1000));
  await asked;
  await instance.stop();
  console.log("Weir has stopped.");
}
