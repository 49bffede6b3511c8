import { defineConfig } from "vitest/config";

/** Python takes seconds to start and two cores are soon busy: two files at a time, since scenarios also wait, and patience. */
export default defineConfig({
  cacheDir: "../../node_modules/.vite",
  test: {
    name: "clients",
    root: import.meta.dirname,
    include: ["*.test.ts", "compare/*.test.ts", "observe/*.test.ts"],
    // The first starts PostgreSQL, for both servers that the second starts.
    globalSetup: ["../../packages/testing/src/global-setup.ts", "harness/global-setup.ts"],
    maxWorkers: 2,
    // Of a file whose tests run side by side.
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
