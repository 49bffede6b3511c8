import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type HouseRule, lineAt, root } from "./source-files.ts";

const TOP = /^(apps|packages|prisma|docs|scripts|tests|benchmarks|infra|\.ci)\//;
/** Made by a build or a run: cited, and not there on a fresh clone. */
const MADE = /(^|\/)(dist|node_modules|generated|\.next|\.cache|\.weir)(\/|$)/;

/** Every path that a document cites, in backticks or as a link, exists. */
export const docPaths: HouseRule = {
  name: "paths in documents",
  check(files) {
    return files
      .filter(({ path }) => path.endsWith(".md"))
      .flatMap(({ path, text }) =>
        cited(text)
          .filter(({ target, isLink }) => !exists(path, target, isLink))
          .map(({ target, offset }) => ({ path, line: lineAt(text, offset), message: `"${target}" does not exist` })),
      );
  },
};

type Cited = { target: string; offset: number; isLink: boolean };

function cited(text: string): Cited[] {
  const code = [...text.matchAll(/`([^`\s]+)`/g)].map((match) => ({ match, isLink: false }));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ match, isLink: true }));
  return [...code, ...links].flatMap(({ match, isLink }) => {
    const target = (match[1] ?? "").replace(/[#:].*$/, "").replace(/\/$/, "");
    if (target === "" || /[<>*{}$…|]/.test(target)) return []; // a pattern, or an address
    if (!isLink && !TOP.test(`${target}/`)) return [];
    if (isLink && /^[a-z]+:/.test(match[1] ?? "")) return [];
    return MADE.test(target) ? [] : [{ target, offset: match.index, isLink }];
  });
}

function exists(document: string, target: string, isLink: boolean): boolean {
  if (existsSync(join(root, target))) return true;
  return isLink && existsSync(join(root, dirname(document), target));
}
