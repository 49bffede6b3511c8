import type { TestWeir } from "@weir/testing";

/** A Weir of our own, with one account, one workspace and one user's key: where `@weir/testing` changes, this follows. */
export type Weir = TestWeir;

/** Starts Weir as these tests want it: everything real, its loops included. */
export async function startWeir(): Promise<Weir> {
  // Loaded late: comparing Prefect's server with another of its own needs none of it.
  const { startTestWeir } = await import("@weir/testing");
  return startTestWeir();
}
