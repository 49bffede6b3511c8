import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 1_000;

/**
 * Calls `then` once npm, which started us, is gone. It passes signals on, but cannot when it is killed: then we get another
 * parent, or the shell that it put between us does.
 */
export function whenNpmIsGone(then: () => void): void {
  const before = parents();
  const timer = setInterval(() => {
    if (parents() === before) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  timer.unref();
}

function parents(): string {
  const parent = process.ppid;
  return `${parent} ${parentOf(parent)}`;
}

/** The parent of a process, where the system shows it as a file; elsewhere our own parent has to do. */
function parentOf(pid: number): string | undefined {
  try {
    // pid (program name, which may hold spaces and brackets) state parent …
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1];
  } catch {
    return undefined;
  }
}
