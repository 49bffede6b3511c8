import { ObjectDocument, WeirError } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { judged } from "./checks.ts";
import { hydrateDocument } from "./hydrated.ts";
import { type SchemaFault, schemaFaults } from "./schema.ts";
import { errorTree } from "./schema-errors.ts";

/** Checks values by a schema before anything is made of them; for forms. */
export const validateValues = defineVerb({
  name: "schema.validate_values",
  permission: "see_deployments",
  input: z.object({ schema: ObjectDocument, values: ObjectDocument }),
  async run(ctx, { schema, values }) {
    const { text, faults, templates } = await hydrateDocument(ctx, values, { rendersTemplates: false });
    const told = judged(() => schemaFaults(JSON.parse(text), schema.object()));
    const unreadable = told.find(({ keyword }) => keyword === "$ref");
    if (unreadable) throw new WeirError("invalid", `Invalid schema: ${unreadable.message}`);
    // What is wrong with a placeholder matters more than that the null in its place does not fit.
    const places = new Set([...templates, ...faults.map(({ path }) => path)].map((path) => JSON.stringify(path)));
    const others: SchemaFault[] = told.filter(({ path }) => !places.has(JSON.stringify(path)));
    return errorTree([...faults.map((one) => ({ ...one, keyword: "" })), ...others]);
  },
});
