import {
  ArtifactFilter,
  ArtifactSort,
  Document,
  type JsonText,
  jsonText,
  Limit,
  Offset,
  RunFilters,
  Text,
  toWire,
  Uuid,
  WeirError,
} from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { walk } from "../paging.ts";

/** Longer metadata is cut. */
const METADATA_CHARACTERS = 500;

const Key = z.string().regex(/^[a-z0-9-]*$/, "Artifact key must only contain lowercase letters, numbers, and dashes.");
const filters = { artifacts: ArtifactFilter, ...RunFilters.shape };
const listed = { sort: ArtifactSort, limit: Limit, offset: Offset };

/** Stores an artifact; one with a key becomes the latest of it. */
export const createArtifact = defineVerb({
  name: "artifact.create",
  permission: "write_artifacts",
  input: z.object({
    key: Key.nullish(),
    type: Text.nullish(),
    description: Text.nullish(),
    data: Document.optional(),
    metadata_: Document.optional(),
    flow_run_id: Uuid.nullish(),
    task_run_id: Uuid.nullish(),
  }),
  async run({ store, now, nowIso }, input) {
    const row = await store.artifacts.create({
      id: newId(now),
      collectionId: newId(now),
      now: nowIso,
      key: input.key ?? null,
      type: input.type ?? null,
      description: input.description ?? null,
      data: textOrNull(input.data),
      metadata: textOrNull(input.metadata_ && cut(input.metadata_)),
      flowRunId: input.flow_run_id ?? null,
      taskRunId: input.task_run_id ?? null,
    });
    if (!row) throw missing();
    return row;
  },
});

/** One artifact. */
export const readArtifact = defineVerb({
  name: "artifact.read",
  permission: "see_artifacts",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const row = await store.artifacts.get(id);
    if (!row) throw missing();
    return row;
  },
});

/** The latest artifact of a key. */
export const readLatestArtifact = defineVerb({
  name: "artifact.read_latest",
  permission: "see_artifacts",
  input: z.object({ key: z.string() }),
  async run({ store }, { key }) {
    const row = await store.artifacts.latest(key);
    if (!row) throw missing();
    return row;
  },
});

/** A list of artifacts, every version of them. */
export const filterArtifacts = defineVerb({
  name: "artifact.filter",
  permission: "see_artifacts",
  input: z.object({ ...filters, ...listed }),
  run({ store, grant }, { artifacts, sort, limit, offset, ...runs }) {
    const asked = `artifact ${grant.workspaceId} ${sort} ${toWire(artifacts)} ${toWire(runs)}`;
    return walk(asked, { offset, limit }, (position) => store.artifacts.list(artifacts, runs, sort, position, limit));
  },
});

/** A list of artifact keys with the latest of each. */
export const filterLatestArtifacts = defineVerb({
  name: "artifact.filter_latest",
  permission: "see_artifacts",
  input: z.object({ ...filters, ...listed }),
  run({ store, grant }, { artifacts, sort, limit, offset, ...runs }) {
    const asked = `artifact_collection ${grant.workspaceId} ${sort} ${toWire(artifacts)} ${toWire(runs)}`;
    return walk(asked, { offset, limit }, (position) =>
      store.artifacts.listLatest(artifacts, runs, sort, position, limit),
    );
  },
});

/** How many artifacts match. */
export const countArtifacts = defineVerb({
  name: "artifact.count",
  permission: "see_artifacts",
  input: z.object(filters),
  run: ({ store }, { artifacts, ...runs }) => store.artifacts.count(artifacts, runs, false),
});

/** How many artifact keys match by their latest. */
export const countLatestArtifacts = defineVerb({
  name: "artifact.count_latest",
  permission: "see_artifacts",
  input: z.object(filters),
  run: ({ store }, { artifacts, ...runs }) => store.artifacts.count(artifacts, runs, true),
});

/** Sets what is given of an artifact. */
export const updateArtifact = defineVerb({
  name: "artifact.update",
  permission: "write_artifacts",
  input: z.object({
    id: Uuid,
    data: Document.optional(),
    description: Text.nullable().optional(),
    metadata_: Document.optional(),
  }),
  async run({ store, nowIso }, { id, data, description, metadata_ }) {
    const patch = {
      ...(data === undefined ? {} : { data: textOrNull(data) }),
      ...(description === undefined ? {} : { description }),
      ...(metadata_ === undefined ? {} : { metadata: textOrNull(cut(metadata_)) }),
    };
    if (!(await store.artifacts.patch(id, patch, nowIso))) throw missing();
  },
});

/** Deletes an artifact; the version before becomes the latest of its key. */
export const deleteArtifact = defineVerb({
  name: "artifact.delete",
  permission: "manage_artifacts",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    if (!(await store.artifacts.remove(id))) throw missing();
  },
});

function missing(): WeirError {
  return new WeirError("missing", "Artifact not found.");
}

function textOrNull(document: JsonText | undefined): string | null {
  return document === undefined || document.text === "null" ? null : document.text;
}

/** Metadata with long texts cut. */
function cut(document: JsonText): JsonText {
  if (document.text.length <= METADATA_CHARACTERS) return document;
  const short = Object.entries(document.object()).map(([key, value]) =>
    typeof value === "string" && value.length > METADATA_CHARACTERS
      ? [key, `${value.slice(0, METADATA_CHARACTERS)}...`]
      : [key, value],
  );
  return jsonText(Object.fromEntries(short));
}
