import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const LIMIT_BYTES = 20 * 1024 * 1024;
const TAIL_LINES = 20;

/** A child's log: lines with the time before each, in a file that is renamed to `.1` at 20 MB. */
export type LogFile = {
  /** Takes output as it comes, in pieces of any size. */
  write(chunk: string): void;
  /** The last lines, for a message about why the child ended. */
  tail(): string[];
  close(): void;
};

/** Opens the log at `path` to append to it, making its folder. */
export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  let file = openSync(path, "a", 0o600);
  let size = statSync(path).size;
  let partial = "";
  const last: string[] = [];

  const writeLine = (line: string) => {
    last.push(line);
    if (last.length > TAIL_LINES) last.shift();
    try {
      append(line);
    } catch {
      // A full disk costs log lines; it must not end the one who looks after everything else.
    }
  };

  const append = (line: string) => {
    size += writeSync(file, `${new Date().toISOString()} ${line}\n`);
    if (size < LIMIT_BYTES) return;
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, "a", 0o600);
    size = 0;
  };

  return {
    write(chunk) {
      const lines = (partial + chunk).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) writeLine(line);
    },
    tail: () => [...last],
    close() {
      if (partial !== "") writeLine(partial);
      partial = "";
      closeSync(file);
    },
  };
}
