import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { newRoot } from "./paths.ts";
import { startPeer } from "./peer.ts";
import { startWeir, type Weir } from "./weir.ts";

declare module "vitest" {
  /** What the test files are given: the two servers that they share. */
  export interface ProvidedContext {
    /** Below it the clients' homes are made; it goes when all is over. */
    root: string;
    peerUrl: string;
    /** Weir, or where the harness itself is tested (`WEIR_CLIENTS_AGAINST=peer`) a second one of Prefect's own. */
    weir: Weir | { peerUrl: string };
  }
}

/** Starts Prefect's server and Weir once for all files, and stops both. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = newRoot();
  const servers: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(root, { recursive: true, force: true });
  };
  const started = async <S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    project.provide("root", root);
    const { postgresUrl } = project.getProvidedContext();
    project.provide("peerUrl", (await started(startPeer(root, postgresUrl))).apiUrl);
    if (process.env.WEIR_CLIENTS_AGAINST === "peer") {
      project.provide("weir", { peerUrl: (await started(startPeer(root, postgresUrl))).apiUrl });
    } else {
      project.provide("weir", (await started(startWeir(postgresUrl))).weir);
    }
    return stopAll;
  } catch (error) {
    await stopAll();
    throw error;
  }
}
