import { spawn } from "node:child_process";
import { join } from "node:path";
import { prefectBin } from "../clients/harness/paths.ts";

/** How a program of the released client ended, and what it printed. */
export type Ran = { code: number | null; output: string };

/** Runs a Python program with the released client; `settings` are its environment variables. It is ended after a minute and a half. */
export function runStock(program: string, args: readonly string[], settings: Record<string, string>): Promise<Ran> {
  const child = spawn(join(prefectBin(), "python"), [program, ...args], {
    cwd: settings.PREFECT_HOME,
    env: { ...process.env, ...settings, DO_NOT_TRACK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 90_000,
  });
  let output = "";
  const take = (data: Buffer) => {
    output += String(data);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}
