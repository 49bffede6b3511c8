import { type Client, type Mode, readyClient } from "./client.ts";
import { olderBin } from "./paths.ts";
import { weirModes, weirPlace } from "./places.ts";
import { list, text } from "./rest.ts";

/** Several Pythons start at once: on a busy machine that takes its time. */
export const PATIENCE_MS = 400_000;

/** Older releases. Clients of 2 keep results in blocks, which Weir has none of: they do not cache. */
export const RELEASES = [
  { release: "3.4", version: "3.4.25", caches: true },
  { release: "2", version: "2.20.27", caches: false },
] as const;

/** Each release in each way of driving Weir; none where another of Prefect's servers stands in for it. */
export const RELEASES_BY_MODE = RELEASES.flatMap((one) =>
  weirModes.filter((mode) => mode !== "peer").map((mode) => ({ ...one, mode })),
);

/** A client of an older release at a new, empty workspace: in `cloud` mode it has logged in. Close it when done. */
export async function olderClient(release: string, mode: Mode): Promise<Client> {
  return readyClient(await weirPlace(mode), olderBin(release));
}

/** The names of a run's states in the order in which it went through them; whether it was late is a matter of time. */
export async function stateNames({ rest }: Client, of: "flow" | "task", id: string): Promise<string[]> {
  const rows = list(await rest.get(`/${of}_run_states/?${of}_run_id=${id}`));
  return rows
    .sort((a, b) => (text(a.timestamp) < text(b.timestamp) ? -1 : 1))
    .map(({ name }) => text(name))
    .filter((name) => name !== "Late");
}
