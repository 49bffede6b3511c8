import { fileURLToPath } from "node:url";
import { defineConfig } from "prisma/config";

// Prisma downloads its schema engine from a host of its own; ours runs the WebAssembly build that npm serves.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL("./scripts/schema-engine.mjs", import.meta.url));

export default defineConfig({
  schema: "prisma/schema",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/weir" },
});
