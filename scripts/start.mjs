#!/usr/bin/env node
/** `npm start`: installs and builds what changed since the last time, then becomes `weir server start`. */
import { pathToFileURL } from "node:url";
import { build, checkNode, generate, install, root } from "./setup.mjs";

checkNode();
try {
  await install();
  await generate();
  await build();
} catch (error) {
  console.error(`\nError: ${error.message}`);
  process.exit(1);
}

// In this very process, not in a child: a signal then reaches the one that has to act on it.
const program = `${root}/apps/cli/dist/weir.mjs`;
process.argv = [process.execPath, program, "server", "start"];
await import(pathToFileURL(program).href);
