import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type Json, type JsonObject, list, object, text } from "./harness/rest.ts";
import { scrubAll, scrubWith } from "./observe/scrub.ts";

const POOL = "clients-filters";

/** Queues with filters of each kind, asked for the runs of two deployments in one pool and of a flow alone. */
async function play({ rest }: Client) {
  await rest.post("/work_pools/", { name: POOL, type: "process" });
  const flow = text(object(await rest.post("/flows/", { name: POOL })).id);
  const deployment = async (name: string) =>
    text(object(await rest.post("/deployments/", { flow_id: flow, name, work_pool_name: POOL })).id);
  const [one, two] = [await deployment("one"), await deployment("two")];
  const due = (minute: number) => ({
    type: "SCHEDULED",
    state_details: { scheduled_time: `2026-01-01T00:0${minute}:00Z` },
  });
  const run = (id: string, name: string, tags: string[], minute: number) =>
    rest.post(`/deployments/${id}/create_flow_run`, { name, tags, state: due(minute) });
  await run(one, "one-ab", ["a", "b"], 3);
  await run(one, "one-a", ["a"], 1);
  await run(two, "two-b", ["b"], 2);
  await rest.post("/flow_runs/", { flow_id: flow, name: "alone", tags: ["a", "b"], state: due(0) });

  const filters: Record<string, JsonObject> = {
    everything: {},
    "no tags": { tags: [] },
    "one tag": { tags: ["b"] },
    "two tags": { tags: ["a", "b"] },
    "a deployment": { deployment_ids: [one] },
    "both deployments": { deployment_ids: [two, one, two] },
    "no deployments": { deployment_ids: [] },
    "a tag of a deployment": { tags: ["b"], deployment_ids: [one] },
  };
  const made: JsonObject = {};
  const offered: JsonObject = {};
  const names = (runs: Json) => list(runs).map((each) => text(each.name));
  for (const [name, filter] of Object.entries(filters)) {
    const queue = object(await rest.post(`/work_pools/${POOL}/queues`, { name, filter, concurrency_limit: 2 }));
    made[name] = object(await rest.get(`/work_queues/${text(queue.id)}`)).filter ?? null;
    offered[name] = names(await rest.post(`/work_queues/${text(queue.id)}/get_runs`));
  }
  const agents = object(await rest.post("/work_queues/", { name: "agents", filter: { tags: ["a"] } }));
  made.agents = agents.filter ?? null;
  offered.agents = names(await rest.post(`/work_queues/${text(agents.id)}/get_runs`, { limit: 1 }));
  const [first] = list(await rest.post("/flow_runs/filter", { flow_runs: { name: { any_: ["one-a"] } } }));
  await rest.post(`/flow_runs/${text(first?.id)}/set_state`, { state: { type: "PENDING" } });
  const { id } = object(await rest.get(`/work_pools/${POOL}/queues/a%20deployment`));
  const begun = {
    offered: names(await rest.post(`/work_queues/${text(id)}/get_runs`)),
    slots: object(await rest.get(`/work_queues/${text(id)}`)).active_slots ?? null,
  };
  return {
    "filters as they are told": scrubAll(made, scrubWith()),
    "what is offered": offered,
    "once one has begun": begun,
  };
}

comparedWithPeer({
  name: "queue-filters",
  play,
  sections: ["filters as they are told", "what is offered", "once one has begun"],
});
