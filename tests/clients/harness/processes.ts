import { type ChildProcess, spawn } from "node:child_process";
import { until } from "./until.ts";

/** How a program ended. `code` is null when a signal ended it. */
export type Finished = { code: number | null; stdout: string; stderr: string };

/** A program that runs beside the test. */
export type Running = {
  pid: number;
  /** All that it has written so far, both streams. */
  output(): string;
  /** Resolves when it has ended. */
  ended: Promise<Finished>;
  /** Asks it to end by `signal`, and kills its whole process group if it has not after a while. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
};

/** Where and with what a program runs. `env` is all it gets. */
export type Surroundings = { cwd: string; env: Record<string, string>; input?: string };

/** A `.serve()` pauses its deployments first, and the machine may be busy. */
const STOP_PATIENCE_MS = 45_000;

/** Starts a program in a process group of its own, so that its children can be stopped with it. */
export function start(program: string, args: string[], { cwd, env, input }: Surroundings): Running {
  const child: ChildProcess = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let all = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    all += text;
  });
  if (input !== undefined) child.stdin?.end(input);
  let over = false;
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      over = true;
      resolve({ code, stdout, stderr });
    });
  });
  // Whoever needs the outcome awaits `ended`; nobody else should see an unhandled rejection.
  ended.catch(() => {
    over = true;
  });
  const pid = child.pid ?? -1;
  return {
    pid,
    ended,
    output: () => all,
    async stop(signal = "SIGTERM") {
      if (!over && pid > 0) process.kill(pid, signal);
      await until("the program to end", () => over, STOP_PATIENCE_MS).catch(() => killGroup(pid));
      return ended;
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone in the meantime: just what we want.
  }
}

/** Runs a program to its end, and kills it after `withinMs`. */
export async function run(program: string, args: string[], where: Surroundings, withinMs = 90_000): Promise<Finished> {
  const running = start(program, args, where);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(running.pid);
  }, withinMs);
  const finished = await running.ended.finally(() => clearTimeout(timer));
  if (late) throw new Error(`${program} ${args.join(" ")} did not end within ${withinMs} ms:\n${running.output()}`);
  return finished;
}
