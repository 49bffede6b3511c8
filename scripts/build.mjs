#!/usr/bin/env node
/**
 * Bundles the programs of one app: `node ../../scripts/build.mjs <name>=<entry> …` writes `dist/<name>.mjs` for each.
 * Workspace packages are TypeScript source and go into the bundle; what npm installed stays outside and is imported.
 */
import { rm } from "node:fs/promises";
import { build } from "esbuild";

const entries = process.argv.slice(2).map((argument) => argument.split("="));
if (entries.length === 0 || entries.some((pair) => pair.length !== 2)) {
  console.error("Usage: build.mjs <name>=<entry> …");
  process.exit(2);
}

/** Leaves every package of npm outside. Ours start with @weir/. */
const npmOutside = {
  name: "npm-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@weir/") ? undefined : { path, external: true },
    );
  },
};

await rm("dist", { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(entries),
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  plugins: [npmOutside],
  logLevel: "info",
});
