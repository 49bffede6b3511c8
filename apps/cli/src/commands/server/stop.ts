import { stopInstance } from "@weir/instance";
import { readEnv } from "../../env.ts";
import { instanceDir } from "../../paths.ts";

const TIMEOUT_MS = 60_000;

/** `weir server stop`: stops the instance and waits until it is gone. Exit code 1 when it does not go. */
export async function stopServer(): Promise<void> {
  const outcome = await stopInstance(instanceDir(readEnv().WEIR_HOME), TIMEOUT_MS);
  switch (outcome) {
    case "stopped":
      console.log("Weir has stopped.");
      return;
    case "not-running":
      console.log("Weir does not run here.");
      return;
    case "stuck":
      throw new Error("Weir is still stopping after a minute. Look at .weir/logs, or end it with kill -9.");
  }
}
