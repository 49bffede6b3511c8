/**
 * What `npm start` and `npm test` do first, each step only when something it depends on has changed: install, generate the
 * Prisma client, build. Plain JavaScript without dependencies, since it runs before there are any.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");

const OLDEST_NODE = [20, 19];

/** Ends the process, in one sentence, unless this Node is new enough. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`Error: Weir needs Node.js ${OLDEST_NODE.join(".")} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs the packages of package-lock.json: when they are missing, or others than it names. */
export async function install() {
  if (isInstalled()) return;
  await step("Installing packages", "npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Generates the Prisma client of packages/db from prisma/schema. */
export async function generate() {
  const schema = join(root, "prisma/schema");
  const generated = join(root, "packages/db/src/generated");
  const stamp = join(generated, ".stamp");
  const files = readdirSync(schema).map((name) => join(schema, name));
  const wanted = fingerprint([...files, join(root, "package-lock.json")]);
  if (isStamped(stamp, wanted) && existsSync(join(generated, "client.ts"))) return;
  await step("Generating the database client", bin("prisma"), ["generate"], { quiet: true });
  writeStamp(stamp, wanted);
}

/** Builds the apps that changed; turbo keeps what it built before. */
export async function build() {
  await step("Building", bin("turbo"), ["run", "build", "--output-logs=new-only"]);
}

/** The path of a program that npm installed: starting it directly saves the second that npx takes. */
export function bin(name) {
  return join(root, "node_modules/.bin", name);
}

/** Runs one command, saying what is done and how long it took. Throws when it fails. */
export async function step(title, command, args, { quiet = false, cwd = root, env = {} } = {}) {
  const started = performance.now();
  console.log(`${title}…`);
  const { code, output } = await run(command, args, { quiet, cwd, env });
  if (code !== 0) {
    if (output) console.error(output.trimEnd());
    throw new Error(`${title} failed: "${[command, ...args].join(" ")}" ended with ${code}.`);
  }
  console.log(`${title}: done (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

/** Runs a command to its end, passing on a signal that we get. `quiet` keeps its output instead of showing it. */
export function run(command, args, { quiet = false, cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...silence, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        output += chunk;
      });
    }
    let interrupted = false;
    const forward = (signal) => {
      interrupted = true;
      child.kill(signal);
    };
    process.on("SIGTERM", forward);
    process.on("SIGINT", forward); // the terminal tells the child itself; then a second signal does no harm
    const settle = () => {
      process.off("SIGTERM", forward);
      process.off("SIGINT", forward);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code, signal) => {
      settle();
      if (interrupted || signal === "SIGINT" || signal === "SIGTERM") process.exit(130);
      resolve({ code: code ?? signal, output });
    });
  });
}

/** A digest of these files' content. */
function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of files.toSorted()) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest("hex");
}

/** Whether the stamp says that what is there was made from just this. */
export function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

/** Leaves the stamp, once the work is done. */
export function writeStamp(stamp, wanted) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** npm writes down what it installed, as its last act: whether that is what package-lock.json wants. */
function isInstalled() {
  const written = join(root, "node_modules/.package-lock.json");
  if (!existsSync(written)) return false;
  const installed = JSON.parse(readFileSync(written, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, link, optional, devOptional }]) => {
    if (link || !path.includes("node_modules/")) return true; // a room of this repository
    if (!installed[path]) return Boolean(optional || devOptional); // for another platform
    return installed[path].version?.replace(/^v/, "") === version; // npm copies what the package says, "v0.0.10" too
  });
}

/** Tools that would otherwise call home, each by its own name for it. */
const silence = {
  CHECKPOINT_DISABLE: "1",
  PRISMA_HIDE_UPDATE_MESSAGE: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};
