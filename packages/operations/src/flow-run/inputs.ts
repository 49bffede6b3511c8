import { notFound, Text, Uuid, WeirError } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";

const Key = z.string().regex(/^[a-z0-9-]*$/, "key must only contain lowercase letters, numbers, and dashes.");

/** What clients call that which they tell once: what a pause asks for, and what is sent under an id of its own. */
const TOLD_ONCE = /-(schema|description)$|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Tells a flow run something, under a key that nothing was told under. Who lost the answer may say it again, where the key
 * tells that it is the same request.
 */
export const createFlowRunInput = defineVerb({
  name: "flow_run_input.create",
  permission: "run_flows",
  input: z.object({ id: Uuid, key: Key, value: Text, sender: Text.nullish() }),
  async run({ store, now, nowIso }, { id, key, value, sender }): Promise<null> {
    const input = { id: newId(now), flowRunId: id, key, value, sender: sender ?? null, now: nowIso };
    switch (await store.flowRunInputs.create(input)) {
      case "same":
        if (TOLD_ONCE.test(key)) return null;
        throw taken();
      case "taken":
        throw taken();
      case "missing":
        throw notFound("Flow run");
      case "stored":
        return null;
    }
  },
});

function taken(): WeirError {
  return new WeirError("conflict", "A flow run input with this key already exists.");
}

/** What a flow run was told, by the beginning of the key, oldest first. */
export const filterFlowRunInputs = defineVerb({
  name: "flow_run_input.filter",
  permission: "see_flows",
  input: z.object({
    id: Uuid,
    prefix: Text,
    limit: z.number().int().min(0).max(200).nullish(),
    exclude_keys: z.array(z.string()).nullish(),
  }),
  async run({ store }, { id, prefix, limit, exclude_keys }) {
    const rows = await store.flowRunInputs.list(id, prefix, exclude_keys ?? [], limit ?? 1);
    if (rows.length === 0 && !(await store.flowRuns.get(id))) throw notFound("Flow run");
    return rows.map((row) => ({ ...row, updated: row.created }));
  },
});

/** The value of one input, as it was told. */
export const readFlowRunInput = defineVerb({
  name: "flow_run_input.read",
  permission: "see_flows",
  input: z.object({ id: Uuid, key: z.string() }),
  async run({ store }, { id, key }) {
    const row = await store.flowRunInputs.get(id, key);
    if (!row) throw notFound("Flow run input");
    return row.value;
  },
});

/** Forgets one input. */
export const deleteFlowRunInput = defineVerb({
  name: "flow_run_input.delete",
  permission: "run_flows",
  input: z.object({ id: Uuid, key: z.string() }),
  async run({ store }, { id, key }) {
    if (!(await store.flowRunInputs.remove(id, key))) throw notFound("Flow run input");
  },
});
