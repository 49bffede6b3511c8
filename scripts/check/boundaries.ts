import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { codeOf, type HouseRule, lineAt, type Problem, root, type SourceFile } from "./source-files.ts";

/** Who may import whom. Arrows point down: a room is listed below all that it may use. */
const ARROWS: Record<string, readonly string[] | "anything"> = {
  "packages/contracts": [],
  "packages/core": ["contracts"],
  "packages/auth": ["contracts"],
  "packages/events": ["contracts"],
  "packages/db": ["contracts", "auth"],
  "packages/operations": ["contracts", "core", "auth", "events", "db"],
  "packages/instance": ["contracts", "auth", "db", "operations"],
  "packages/testing": "anything",
  // The embedded default runs the loops inside the API.
  "apps/api": ["contracts", "auth", "db", "operations", "background"],
  "apps/background": ["contracts", "db", "operations"],
  "apps/dashboard": ["contracts", "auth", "db", "operations"],
  "apps/cli": ["contracts", "instance"],
};

/** npm packages that only some rooms may import. A room is a prefix of the file's path. */
const OWNERS: { packages: RegExp; rooms: string[] }[] = [
  { packages: /^@prisma\/(client|adapter-pg)(\/|$)/, rooms: ["packages/db/", "scripts/schema-engine.mjs"] },
  {
    packages: /^pg$/,
    rooms: ["packages/db/", "packages/instance/", "packages/testing/", "scripts/", "benchmarks/", "tests/", "prisma/"],
  },
  { packages: /^(react|react-dom|next)(\/|$)/, rooms: ["apps/dashboard/"] },
  { packages: /^(fastify|@fastify\/.*)$/, rooms: ["apps/api/", "tests/"] },
];

const TEST_FILE = /(\.test\.tsx?|\/test-[^/]+\.ts)$/;

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)["']([^"'\n]+)["']/gm;

/** The arrows between packages, and which npm package belongs where. */
export const boundaries: HouseRule = {
  name: "boundaries",
  check(files) {
    const code = codeOf(files).filter(({ path }) => !path.startsWith("scripts/check/")); // these quote what they refuse
    const imports = code.flatMap(importsOf);
    // A check that finds nothing to check has gone blind.
    if (imports.length === 0) return [{ path: "packages", message: "no import was found at all" }];
    return imports.flatMap((found) => {
      const message = wrongWith(found);
      return message === undefined ? [] : [{ path: found.path, line: found.line, message } satisfies Problem];
    });
  },
};

type Import = { path: string; line: number; target: string; room: string | undefined };

function importsOf({ path, text }: SourceFile): Import[] {
  const room = /^(packages|apps)\/[^/]+/.exec(path)?.[0];
  return [...text.matchAll(IMPORT)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    target: match[1] ?? "",
    room,
  }));
}

function wrongWith({ path, target, room }: Import): string | undefined {
  if (target.startsWith(".")) return wrongWithRelative(path, target, room);
  const ours = /^@weir\/([^/]+)(\/.*)?$/.exec(target);
  if (!ours) {
    const owner = OWNERS.find((candidate) => candidate.packages.test(target));
    if (!owner || owner.rooms.some((prefix) => path.startsWith(prefix))) return undefined;
    return `"${target}" may be imported only in ${owner.rooms.join(", ")}`;
  }
  const [, name = "", deep] = ours;
  if (deep !== undefined && !exportsOf(name).has(`.${deep}`))
    return `"${target}" reaches inside a package; import "@weir/${name}"`;
  if (room === undefined || room === `packages/${name}` || room === `apps/${name}`) return undefined;
  // Tests stand beside the code they test and use what all tests use; it ships with none of it.
  if (name === "testing" && TEST_FILE.test(path)) return undefined;
  const allowed = ARROWS[room];
  if (allowed === undefined) return `"${room}" has no place in the arrows of scripts/check/boundaries.ts; give it one`;
  if (allowed !== "anything" && !allowed.includes(name)) return `${room} may not import @weir/${name}`;
  return dependenciesOf(room).has(`@weir/${name}`) ? undefined : `${room}/package.json does not list ${target}`;
}

function wrongWithRelative(path: string, target: string, room: string | undefined): string | undefined {
  if (room === undefined) return undefined; // tests, scripts and benchmarks may reach anywhere
  const reached = normalize(join(dirname(path), target));
  return reached.startsWith(`${room}/`) ? undefined : `"${target}" leaves ${room}; import the package by its name`;
}

/** The doors that a package opens besides its index. */
function exportsOf(name: string): Set<string> {
  const file = join(root, "packages", name, "package.json");
  if (!existsSync(file)) return new Set();
  return new Set(Object.keys(JSON.parse(readFileSync(file, "utf8")).exports ?? {}));
}

const known = new Map<string, Set<string>>();

function dependenciesOf(room: string): Set<string> {
  const found = known.get(room);
  if (found) return found;
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(root, room, "package.json"), "utf8"),
  );
  const names = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
  known.set(room, names);
  return names;
}
