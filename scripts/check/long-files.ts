import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HouseRule, root } from "./source-files.ts";

const LIMIT = 400;
const LIST = "scripts/long-files.txt";

/** No file is longer than 400 lines but those listed, and the list only shrinks. */
export const longFiles: HouseRule = {
  name: "long files",
  check(files) {
    const list = join(root, LIST);
    const lines = existsSync(list) ? readFileSync(list, "utf8").split("\n") : [];
    const allowed = new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
    const long = files
      .filter(({ path }) => /\.(ts|tsx|mts|mjs|css|prisma|md)$/.test(path))
      .map(({ path, text }) => ({ path, length: text.trimEnd().split("\n").length }))
      .filter(({ length }) => length > LIMIT);
    const isLong = new Set(long.map(({ path }) => path));
    return [
      ...long
        .filter(({ path }) => !allowed.has(path))
        .map(({ path, length }) => ({ path, message: `${length} lines; split it by idea, at most ${LIMIT}` })),
      ...[...allowed]
        .filter((path) => !isLong.has(path))
        .map((path) => ({ path: LIST, message: `"${path}" is no longer long: take it off the list` })),
    ];
  },
};
