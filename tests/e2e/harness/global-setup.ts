import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Places } from "./places.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts Weir for all tests of the run, in a process of its own; the function that it returns stops it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const server = spawn(process.execPath, ["--import", "tsx", `${repository}tests/e2e/harness/serve.ts`], {
    cwd: repository,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const places = await firstLine(server);
  process.env.WEIR_E2E_PLACES = JSON.stringify(places);
  return async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.stdin?.end();
    await ended;
  };
}

function firstLine(server: ChildProcess): Promise<Places> {
  return new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`Weir for the browser tests ended with ${code}`)));
    if (server.stdout)
      createInterface({ input: server.stdout }).once("line", (line) => resolve(JSON.parse(line) as Places));
  });
}
