import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { harnessDir } from "./paths.ts";
import type { Finished } from "./processes.ts";

/** A process that runs one `prefect …` after the other: see forks.py. */
export type Forks = { prefect(args: string[], cwd: string): Promise<Finished>; stop(): void };

const PATIENCE_MS = 90_000;

/** Starts it, with the settings that `env` and the profile hold now. */
export function startForks(bin: string, env: Record<string, string>): Forks {
  const child = spawn(join(bin, "python"), [join(harnessDir, "forks.py")], { env, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();

  async function ask(args: string[], cwd: string): Promise<Finished> {
    child.stdin.write(`${JSON.stringify({ args, cwd })}\n`);
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const { value, done } = await answers.next().finally(() => clearTimeout(timer));
    if (done) throw new Error(`prefect ${args.join(" ")} did not end within ${PATIENCE_MS} ms, or its host died`);
    return JSON.parse(value) as Finished; // forks.py writes nothing else
  }

  return {
    prefect(args, cwd) {
      const answer = turn.then(() => ask(args, cwd));
      turn = answer.catch(() => undefined);
      return answer;
    },
    stop() {
      child.stdin.end();
    },
  };
}
