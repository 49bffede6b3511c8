import { defineConfig } from "vitest/config";

/** Python takes seconds to start and two cores are soon busy: one file at a time, and patience. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts", "compare/*.test.ts", "observe/*.test.ts"],
    globalSetup: ["harness/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
