#!/usr/bin/env node
/** `npm test`: prepares this machine (packages, build, a browser, a Python with Prefect), then runs every check. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bin, build, checkNode, generate, install, isStamped, root, run, step, writeStamp } from "./setup.mjs";

/** The released client that Weir is tested with, and upper bounds without which it does not work. */
const PREFECT = ["prefect==3.8.8", "fastapi<=0.142.0", "sqlalchemy<2.1", "asyncpg"];

checkNode();
try {
  await install();
  await generate();
  await debianPackages();
  await prefect();
  await build();
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

/** A Python environment with Prefect, for tests/clients. */
async function prefect() {
  const venv = join(root, ".cache/prefect-venv");
  const stamp = join(venv, ".stamp");
  const wanted = PREFECT.join("\n");
  if (isStamped(stamp, wanted)) return;
  rmSync(venv, { recursive: true, force: true });
  await step("Making a Python environment", "python3", ["-m", "venv", venv], { quiet: true });
  const args = ["install", "--quiet", "--disable-pip-version-check", ...PREFECT];
  await step("Installing the Prefect client", join(venv, "bin/pip"), args, { quiet: true });
  writeStamp(stamp, wanted);
}

function isOnPath(program) {
  return (process.env.PATH ?? "").split(":").some((dir) => dir !== "" && existsSync(join(dir, program)));
}
