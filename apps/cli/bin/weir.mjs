#!/usr/bin/env node
// What npm links as `weir`. It is here because npm links only what exists when it installs, before the first build.
import { existsSync } from "node:fs";

const program = new URL("../dist/weir.mjs", import.meta.url);
if (!existsSync(program)) {
  console.error(
    'Error: weir has not been built. Run "npm run build" first, or "npm start", which builds and starts it.',
  );
  process.exit(1);
}
await import(program.href);
