import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { newRoot } from "./paths.ts";
import { startWeir, type Weir } from "./weir.ts";

declare module "vitest" {
  /** What the test files are given. */
  export interface ProvidedContext {
    /** Below it the clients' homes are made; it goes when all is over. */
    root: string;
    /** Weir, which all files share; nothing where another of Prefect's servers stands in for it. */
    weir: Weir | undefined;
  }
}

/** Starts Weir once for all files, unless `WEIR_CLIENTS_AGAINST=peer` asks to test the harness itself. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = newRoot();
  project.provide("root", root);
  const started =
    process.env.WEIR_CLIENTS_AGAINST === "peer" ? undefined : await startWeir(project.getProvidedContext().postgresUrl);
  project.provide("weir", started?.weir);
  return async () => {
    await started?.stop();
    rmSync(root, { recursive: true, force: true });
  };
}
