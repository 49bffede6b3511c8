import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type LogFile, openLogFile } from "./log-file.ts";
import { signal } from "./processes.ts";

/** A process to keep running. Its output goes to `<logDir>/<name>.log`. */
export type ChildSpec = {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** How long it may take to finish what it does after SIGTERM, before SIGKILL. */
  stopTimeoutMs: number;
};

/** Told whenever a child ends unasked, with the last lines it wrote and when it is started again. */
export type ChildEnded = { name: string; reason: string; tail: string[]; restartInMs: number };

/** Keeps children running until it is stopped. */
export type Supervisor = {
  start(spec: ChildSpec): void;
  /** The process id of a child that runs now. */
  pidOf(name: string): number | undefined;
  /** Stops the children one after the other, in the order in which they were started. */
  stop(): Promise<void>;
};

const FIRST_RESTART_MS = 250;
const LAST_RESTART_MS = 10_000;
/** A child that ran this long was well: when it ends, the wait before its restart begins again from the shortest. */
const HEALTHY_MS = 30_000;

type Child = { spec: ChildSpec; log: LogFile; process?: ChildProcess; restart?: NodeJS.Timeout; exited: Promise<void> };

/**
 * Starts children and starts again the ones that end, after a pause that doubles from 250 ms to 10 s.
 *
 * Each child has a process group of its own, so that a Ctrl-C reaches the supervisor alone and the children are stopped in
 * order. A supervisor that is killed cannot stop anything; so each child's standard input is a pipe that we hold and never
 * write to, the child is told by WEIR_SUPERVISED=1, and it exits when that input ends.
 */
export function createSupervisor(options: { logDir: string; onEnded?: (ended: ChildEnded) => void }): Supervisor {
  const children = new Map<string, Child>();
  let stopping = false;

  function launch(child: Child, restartMs: number): void {
    const { spec, log } = child;
    const startedAt = performance.now();
    const started = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...spec.env, WEIR_SUPERVISED: "1" },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.process = started;
    for (const output of [started.stdout, started.stderr]) {
      output.setEncoding("utf8");
      output.on("data", (chunk: string) => log.write(chunk));
    }
    started.stdin.on("error", () => undefined); // the other end closes when the child ends: that is told below
    child.exited = new Promise((resolve) => {
      let reason = "";
      started.once("error", (error) => {
        reason = error.message;
        if (started.pid === undefined) ended(); // it never ran: no "close" follows
      });
      started.once("exit", () => killGroup(started)); // whatever it had started itself
      started.once("close", (code, signalName) => {
        reason ||= signalName ? `killed by ${signalName}` : `exit code ${code}`;
        ended();
      });
      const ended = () => {
        delete child.process;
        resolve();
        if (stopping) return;
        const wait = performance.now() - startedAt > HEALTHY_MS ? FIRST_RESTART_MS : restartMs;
        options.onEnded?.({ name: spec.name, reason, tail: log.tail(), restartInMs: wait });
        log.write(`[weir] ${spec.name} ended (${reason}); starting it again in ${wait} ms\n`);
        child.restart = setTimeout(() => launch(child, Math.min(wait * 2, LAST_RESTART_MS)), wait);
      };
    });
  }

  async function stopChild(child: Child): Promise<void> {
    clearTimeout(child.restart);
    const running = child.process;
    if (running) {
      running.kill("SIGTERM");
      const straggler = setTimeout(() => killGroup(running), child.spec.stopTimeoutMs);
      await child.exited;
      clearTimeout(straggler);
    }
    child.log.close();
  }

  return {
    start(spec) {
      const log = openLogFile(join(options.logDir, `${spec.name}.log`));
      const child: Child = { spec, log, exited: Promise.resolve() };
      children.set(spec.name, child);
      launch(child, FIRST_RESTART_MS);
    },
    pidOf: (name) => children.get(name)?.process?.pid,
    async stop() {
      stopping = true;
      for (const child of children.values()) clearTimeout(child.restart);
      for (const child of children.values()) await stopChild(child);
      children.clear();
    },
  };
}

/** Kills a child and whatever it started: it leads a process group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  signal(-child.pid, "SIGKILL");
}
