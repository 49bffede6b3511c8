import { instanceStatus } from "@weir/instance";
import { readEnv } from "../../env.ts";
import { instanceDir } from "../../paths.ts";

/** `weir server status`: prints JSON. Exit code 0 when it answers, 1 when it runs and does not answer, 3 when it does not run. */
export async function printStatus(): Promise<void> {
  const status = await instanceStatus(instanceDir(readEnv().WEIR_HOME));
  console.log(JSON.stringify(status, null, 2));
  process.exitCode = { ready: 0, starting: 1, stopped: 3 }[status.state];
}
