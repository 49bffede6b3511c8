import { Document, Limit, Offset, Tags, toWire, Uuid, VariableFilter, VariableSort, WeirError } from "@weir/contracts";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { walk } from "../paging.ts";

const VariableName = z
  .string()
  .max(255, "String should have at most 255 characters")
  .regex(/^[a-z0-9_-]*$/, "Variable name must only contain lowercase letters, numbers, and dashes or underscores.");

const VariableValue = Document.refine(
  (document) => document.text.length <= 5000,
  "Variable value must be less than 5000 characters.",
);

const byKey = z.union([z.object({ id: Uuid }), z.object({ name: z.string() })]);
const changes = z.object({ name: VariableName.nullish(), value: VariableValue.optional(), tags: Tags.nullish() });

/** Creates a variable. */
export const createVariable = defineVerb({
  name: "variable.create",
  permission: "write_variables",
  input: z.object({ name: VariableName, value: VariableValue, tags: Tags.nullish() }),
  async run({ store, now, nowIso }, { name, value, tags }) {
    const row = await store.variables.create({
      id: newId(now),
      now: nowIso,
      name,
      value: value.text,
      tags: tags ?? [],
    });
    if (!row) throw taken(name);
    return row;
  },
});

/** One variable, by id or name. */
export const readVariable = defineVerb({
  name: "variable.read",
  permission: "see_variables",
  input: byKey,
  async run({ store }, key) {
    const row = await store.variables.get(key);
    if (!row) throw missing();
    return row;
  },
});

/** A list of variables. */
export const filterVariables = defineVerb({
  name: "variable.filter",
  permission: "see_variables",
  input: z.object({ variables: VariableFilter, sort: VariableSort, limit: Limit, offset: Offset }),
  run({ store, grant }: Ctx, { variables, sort, limit, offset }) {
    const asked = `variable ${grant.workspaceId} ${sort} ${toWire(variables)}`;
    return walk(asked, { offset, limit }, (position) => store.variables.list(variables, sort, position, limit));
  },
});

/** How many variables match. */
export const countVariables = defineVerb({
  name: "variable.count",
  permission: "see_variables",
  input: z.object({ variables: VariableFilter }),
  run: ({ store }, { variables }) => store.variables.count(variables),
});

/** Sets a variable's name, value or tags, found by id or name. */
export const updateVariable = defineVerb({
  name: "variable.update",
  permission: "write_variables",
  input: z.object({ key: byKey, changes }),
  async run({ store, nowIso }, { key, changes }) {
    const patch = {
      ...(changes.name ? { name: changes.name } : {}),
      ...(changes.value ? { value: changes.value.text } : {}),
      ...(changes.tags ? { tags: changes.tags } : {}),
    };
    const outcome = await store.variables.patch(key, patch, nowIso);
    if (outcome === "missing") throw missing();
    if (outcome === "taken") throw taken(changes.name ?? "");
  },
});

/** Deletes a variable, by id or name. */
export const deleteVariable = defineVerb({
  name: "variable.delete",
  permission: "manage_variables",
  input: byKey,
  async run({ store }, key) {
    if (!(await store.variables.remove(key))) throw missing();
  },
});

function missing(): WeirError {
  return new WeirError("missing", "Variable not found.");
}

function taken(name: string): WeirError {
  return new WeirError("conflict", `A variable with the name '${name}' already exists.`);
}
