import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { treeCpuSeconds } from "../driver/cpu.ts";

/** A server that we started, in a process group of its own. */
export type Server = {
  pid: number;
  /** Holds it still while another side is measured, so that its loops cost that side nothing. */
  freeze(): void;
  thaw(): void;
  output(): string;
  stop(): Promise<void>;
};

/** Starts a server and waits until `url` answers 200. */
export async function startServer(
  command: string,
  args: string[],
  env: Record<string, string>,
  url: string,
): Promise<Server> {
  const child: ChildProcess = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output = (output + chunk).slice(-8_000);
    });
  }
  const pid = child.pid ?? 0;
  const group = (signal: NodeJS.Signals) => {
    if (child.exitCode === null) process.kill(-pid, signal);
  };
  const server: Server = {
    pid,
    freeze: () => group("SIGSTOP"),
    thaw: () => group("SIGCONT"),
    output: () => output,
    async stop() {
      group("SIGCONT");
      group("SIGTERM");
      const deadline = Date.now() + 10_000;
      while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) await delay(50);
      if (child.exitCode === null && child.signalCode === null) group("SIGKILL");
    },
  };
  const deadline = Date.now() + 120_000;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await server.stop();
      throw new Error(`${command} did not start: ${output}`);
    }
    const answered = await fetch(url).then(
      ({ status }) => status < 500,
      () => false,
    );
    if (answered) return server;
    await delay(200);
  }
}

/** Waits until these process trees together use less than a tenth of a core for a second: what was left over is done. */
export async function settle(pids: readonly number[], patienceMs = 90_000): Promise<void> {
  const used = () => pids.reduce((sum, pid) => sum + treeCpuSeconds(pid), 0);
  const deadline = Date.now() + patienceMs;
  let before = used();
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    await delay(500);
    const now = used();
    quiet = now - before < 0.05 ? quiet + 1 : 0;
    before = now;
  }
}
