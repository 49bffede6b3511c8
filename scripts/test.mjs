#!/usr/bin/env node
/** `npm test`: prepares this machine (packages, build, a browser, a Python with Prefect), then runs every check. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bin, build, checkNode, generate, install, isStamped, root, run, step, writeStamp } from "./setup.mjs";

/**
 * The released clients that Weir is tested with, by the folder of their Python environment, with what they need beside and
 * the upper bounds without which they do not work: today's, an older 3 and the last 2.
 */
const PREFECTS = {
  "prefect-venv": ["prefect==3.8.8", "fastapi<=0.142.0", "sqlalchemy<2.1", "asyncpg"],
  "prefect-3.4-venv": ["prefect==3.4.25", "fastapi<=0.142.0", "sqlalchemy<2.1", "importlib_metadata"],
  "prefect-2-venv": ["prefect==2.20.27"],
};

checkNode();
try {
  await install();
  await generate();
  await debianPackages();
  await Promise.all([...Object.entries(PREFECTS).map(prefect), build()]);
} catch (error) {
  console.error(`\nError: ${error.message}`);
  process.exit(1);
}
const { code } = await run(bin("tsx"), ["scripts/check.ts", ...process.argv.slice(2)]);
process.exit(typeof code === "number" ? code : 1);

/** A browser, and Python with venv: from the system, when we may install there. Otherwise tests say what they miss. */
async function debianPackages() {
  const wanted = [];
  if (!isOnPath("chromium")) wanted.push("chromium");
  if (!isOnPath("python3")) wanted.push("python3");
  else if ((await run("python3", ["-c", "import ensurepip"], { quiet: true })).code !== 0) wanted.push("python3-venv");
  if (!isOnPath("redis-server")) wanted.push("redis-server"); // rate limits that replicas share
  if (wanted.length === 0) return;
  if (process.getuid?.() !== 0 || !isOnPath("apt-get")) {
    console.warn(`Please install ${wanted.join(" and ")}: tests that need them will fail.`);
    return;
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step("Looking for Debian packages", "apt-get", ["update", "-qq"], { quiet: true, env });
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...wanted];
  await step(`Installing ${wanted.join(", ")}`, "apt-get", args, { quiet: true, env });
}

/** A Python environment with a release of Prefect, for tests/clients. */
async function prefect([folder, packages]) {
  const venv = join(root, ".cache", folder);
  const stamp = join(venv, ".stamp");
  const wanted = packages.join("\n");
  if (isStamped(stamp, wanted)) return;
  rmSync(venv, { recursive: true, force: true });
  await step(`Making a Python environment for ${packages[0]}`, "python3", ["-m", "venv", venv], { quiet: true });
  const args = ["install", "--quiet", "--disable-pip-version-check", ...packages];
  await step(`Installing ${packages[0]}`, join(venv, "bin/pip"), args, { quiet: true });
  writeStamp(stamp, wanted);
}

function isOnPath(program) {
  return (process.env.PATH ?? "").split(":").some((dir) => dir !== "" && existsSync(join(dir, program)));
}
