import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type Json, list, object } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { scrubAll, scrubWith } from "./observe/scrub.ts";

/** What is told of changes, by what was changed, and how many changes there are to tell of. */
const changed = { "work-pool": 4, "work-queue": 3, deployment: 6 };

async function play(client: Client) {
  const { code, stdout, stderr } = await client.python("updates.py", ["clients-updates"]);
  if (code !== 0) throw new Error(`updates.py ended with ${code}:\n${stdout}\n${stderr}`);
  const told = Object.entries(changed).map(
    async ([kind, count]) => [kind, await updates(client, kind, count)] as const,
  );
  return Object.fromEntries(await Promise.all(told));
}

/** The payloads of the events that tell what a kind of thing was changed to, once the last has come: in order, members by name. */
async function updates({ rest }: Client, kind: string, count: number): Promise<Json> {
  const filter = { event: { name: [`prefect.${kind}.updated`] }, order: "ASC" };
  const events = await until(`${count} changes of a ${kind}`, async () => {
    const found = list(object(await rest.post("/events/filter", { filter })).events);
    return found.length >= count && found;
  });
  const payloads = events.map(({ payload }) => {
    const { updates, updated_fields } = object(payload);
    const members = Object.entries(object(updates)).sort(([a], [b]) => a.localeCompare(b));
    return { updated_fields: (updated_fields as string[]).toSorted(), updates: Object.fromEntries(members) };
  });
  return scrubAll(payloads, scrubWith());
}

comparedWithPeer({ name: "updates", play, sections: Object.keys(changed) });
