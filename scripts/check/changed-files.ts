import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

/** The files that differ from `main`, or on main itself from the last commit; new ones too, deleted ones not. */
export function changedFiles(): string[] {
  const base = git(["merge-base", "HEAD", "main"])[0] ?? "HEAD";
  const files = [...git(["diff", "--name-only", base]), ...git(["ls-files", "--others", "--exclude-standard"])];
  return [...new Set(files)].filter((path) => existsSync(join(root, path)));
}

function git(args: string[]): string[] {
  try {
    const output = execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return output.split("\n").filter((line) => line !== "");
  } catch {
    return []; // no such branch
  }
}
