import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { API_NODE_FLAGS, freePort } from "@weir/instance";
import { prepareDatabase } from "@weir/instance/prepare";
import { build, type Plugin } from "esbuild";
import type { Target } from "../promise.ts";
import { type Server, startServer } from "./processes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const outdir = join(root, ".cache/bench");

/** A workspace of Weir's, with a key that may enter it. */
export type Workspace = { databaseUrl: string; accountId: string; workspaceId: string; apiKey: string };

/** Migrates the database and makes the local account. */
export async function prepareWeir(databaseUrl: string): Promise<Workspace> {
  const apiKey = `pnu_${randomBytes(32).toString("hex")}`;
  const { accountId, workspaceId } = await prepareDatabase({
    databaseUrl,
    migrations: join(root, "prisma/migrations"),
    local: {
      email: "bench@localhost",
      password: randomBytes(16).toString("hex"),
      apiKey,
      accountHandle: "bench",
      workspaceHandle: "bench",
    },
  });
  return { databaseUrl, accountId, workspaceId, apiKey };
}

/** Starts the API as it ships, in one process, without loops unless asked. `batched: false` sends every call's statement on its own. */
export async function startWeir(
  { databaseUrl, accountId, workspaceId, apiKey }: Workspace,
  { batched = true, loops = false, nodeFlags = [] }: { batched?: boolean; loops?: boolean; nodeFlags?: string[] } = {},
): Promise<{ server: Server; target: Target }> {
  const bundle = await bundleApi(batched);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    PATH: "/usr/bin:/bin",
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    PUBLIC_URL: origin,
    WEIR_LOOPS: loops ? "all" : "none",
  };
  const server = await startServer(
    process.execPath,
    [...API_NODE_FLAGS, ...nodeFlags, bundle],
    env,
    `${origin}/api/health`,
  );
  const url = `${origin}/api/accounts/${accountId}/workspaces/${workspaceId}`;
  return { server, target: { name: batched ? "weir" : "unbatched", url, apiKey, databaseUrl } };
}

/** As scripts/build.mjs does, into the cache: the sources as they are now, whatever was built last. */
async function bundleApi(batched: boolean): Promise<string> {
  mkdirSync(outdir, { recursive: true });
  const outfile = join(outdir, batched ? "api.mjs" : "api-unbatched.mjs");
  await build({
    entryPoints: [join(root, "apps/api/src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: true,
    plugins: batched ? [npmOutside] : [npmOutside, oneByOne],
    logLevel: "warning",
  });
  return outfile;
}

const npmOutside: Plugin = {
  name: "npm-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@weir/") ? undefined : { path, external: true },
    );
  },
};

/** Puts a batcher that never batches in place of ours: what one connection is compared with. */
const oneByOne: Plugin = {
  name: "one-by-one",
  setup({ onLoad }) {
    onLoad({ filter: /packages\/db\/src\/batcher\.ts$/ }, () => ({
      contents: `export class Batcher {
        constructor(options) { this.options = options; }
        get waiting() { return 0; }
        async submit(item) { return (await this.options.run([item]))[0]; }
      }`,
      loader: "js",
    }));
  },
};
