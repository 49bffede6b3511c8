import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const database = ["packages/testing/src/global-setup.ts"];
const skipped = ["**/node_modules/**", "**/dist/**", "**/.next/**", "**/.cache/**"];

/**
 * One project per kind of test, slowest last. `unit` needs nothing but the code; the next three share one PostgreSQL, which
 * packages/testing starts and whose address it provides as `postgresUrl`. A file brings its own database, so files of one
 * worker share what they import, which would be a quarter of the time otherwise.
 */
export default defineConfig({
  test: {
    maxWorkers: Math.max(2, availableParallelism() - 1), // of two cores too: half of a test is waiting for PostgreSQL
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,apps}/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          exclude: [...skipped, "**/*.int.test.ts"],
          isolate: false,
          testTimeout: 5_000,
        },
      },
      {
        test: {
          name: "walls",
          include: ["tests/walls/**/*.test.ts", "tests/contract/**/*.test.ts"],
          exclude: skipped,
          globalSetup: database,
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["{packages,apps}/*/src/**/*.int.test.ts"],
          exclude: skipped,
          globalSetup: database,
          isolate: false,
          expect: { poll: { timeout: 10_000 } },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "faults",
          include: ["tests/faults/**/*.test.ts"],
          exclude: skipped,
          globalSetup: database,
          fileParallelism: false, // they kill what they measure
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "differential",
          include: ["tests/differential/**/*.test.ts"],
          exclude: skipped,
          globalSetup: database,
          hookTimeout: 60_000,
          testTimeout: 120_000,
        },
      },
      "tests/clients/vitest.config.ts", // two servers of its own: Weir, and Prefect's to compare with
    ],
  },
});
