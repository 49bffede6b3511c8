import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** One file of the repository: its path from the root, with `/`, and its text. */
export type SourceFile = { path: string; text: string };

/** Something wrong, where, and what to do about it. */
export type Problem = { path: string; line?: number; message: string };

/** A rule of the house that no linter has. */
export type HouseRule = { name: string; check(files: SourceFile[]): Problem[] };

const TEXT = /\.(ts|tsx|mts|mjs|js|css|sql|prisma|md|json|yaml|yml|sh)$/;

/** Every text file that git tracks or would track; generated ones are left out. */
export function readSourceFiles(): SourceFile[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split("\0")
    .filter((path) => TEXT.test(path) && path !== "package-lock.json" && isFile(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** TypeScript and JavaScript only, without comments at the start of a line: rules read code. */
export function codeOf(files: SourceFile[]): SourceFile[] {
  return files.filter((file) => /\.(ts|tsx|mts|mjs)$/.test(file.path)).map(withoutComments);
}

/** Each place where `pattern` matches, as a problem. */
export function findAll(files: SourceFile[], pattern: RegExp, message: (match: string) => string): Problem[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      message: message(match[0]),
    })),
  );
}

/** The 1-based number of the line that holds this offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function withoutComments({ path, text }: SourceFile): SourceFile {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " "); // same length, same lines
  return { path, text: text.replace(/^\s*\/\*[\s\S]*?\*\//gm, blank).replace(/^\s*\/\/.*$/gm, blank) };
}

function isFile(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isFile() ?? false; // listed, but deleted
}
