import type { Client } from "../harness/client.ts";
import { type Json, type JsonObject, text } from "../harness/rest.ts";
import { scrubAll, scrubWith } from "./scrub.ts";

/** Artifacts whose keys, and variables whose names, begin so. */
export async function things({ rest }: Client, keys: string, names: string): Promise<Record<string, Json>> {
  const artifacts = await rest.all("/artifacts/filter", { artifacts: { key: { like_: keys } }, sort: "ID_DESC" });
  const latest = await rest.all("/artifacts/latest/filter", { artifacts: { key: { like_: keys } }, sort: "ID_DESC" });
  const variables = await rest.all("/variables/filter", { variables: { name: { like_: names } } });
  return {
    artifacts: pictures(artifacts),
    "latest artifacts": pictures(latest),
    variables: variables.map(({ name, value, tags }) => ({
      name: text(name),
      value: value ?? null,
      tags: tags ?? null,
    })),
  };
}

function pictures(artifacts: JsonObject[]): Json {
  const picture = (artifact: JsonObject): JsonObject => ({
    key: artifact.key ?? null,
    type: artifact.type ?? null,
    description: artifact.description ?? null,
    data: artifact.data ?? null,
    metadata_: artifact.metadata_ ?? null,
    of: [artifact.flow_run_id ? "flow run" : "", artifact.task_run_id ? "task run" : ""].filter(Boolean).join(", "),
  });
  const sorted = artifacts.map(picture).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  return scrubAll(sorted, scrubWith());
}
