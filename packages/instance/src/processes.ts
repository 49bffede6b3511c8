import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "./errors.ts";

/** Whether a process with this id exists. A zombie counts as gone: it will never do anything again. */
export function isAlive(pid: number): boolean {
  return isIdTaken(pid) && processStat(pid)?.state !== "Z";
}

/** Whether the system has a process of this id, a zombie included. */
export function isIdTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM"; // there, but someone else's
  }
}

/** The program name of a process, or undefined when it is gone. */
export function programOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    const path = execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return path.split("/").at(-1);
  } catch {
    return undefined;
  }
}

/** When a process began, in the system's own notation: with its id it names the process for ever, ids being reused. */
export function startMarkOf(pid: number): string | undefined {
  if (process.platform === "linux") return processStat(pid)?.startTicks;
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

/** Waits until a process is gone. False when it is still there after `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  return until(() => !isAlive(pid), timeoutMs, 20);
}

/** Asks `condition` every `everyMs` until it holds. False when it never did within `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 50,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= deadline) return false;
    await delay(everyMs);
  }
  return true;
}

function processStat(pid: number): { state: string; startTicks: string } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    // pid (program name, which may hold spaces and brackets) state … ; the start time is field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
