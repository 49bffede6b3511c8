import { Document, type JsonText, Name, ObjectDocument, Tags, Text, Uuid, WeirError } from "@weir/contracts";
import type { DeploymentFields } from "@weir/db";
import { z } from "zod";

/** Larger parameters are refused: they belong in storage. */
const MAX_PARAMETERS_BYTES = 524_288;

const Parameters = ObjectDocument.refine(
  (document) => Buffer.byteLength(document.text) <= MAX_PARAMETERS_BYTES,
  `Flow run parameters must be less than ${MAX_PARAMETERS_BYTES} bytes when serialized.`,
);
const text = Text.nullable().optional();

/** What a deployment's creation and change have in common. An absent member leaves things as they are, null empties. */
export const deploymentFields = {
  description: text,
  version: text,
  paused: z.boolean().nullish(),
  tags: Tags.nullish(),
  entrypoint: text,
  path: text,
  pull_steps: Document.optional(),
  parameters: Parameters.nullish(),
  parameter_openapi_schema: Document.optional(),
  enforce_parameter_schema: z.boolean().nullish(),
  job_variables: ObjectDocument.nullish(),
  work_pool_name: z.string().nullable().optional(),
  work_queue_name: z.string().nullable().optional(),
  concurrency_limit: z.number().int().min(1, "Input should be greater than 0").max(2_147_483_647).nullable().optional(),
  concurrency_options: Document.optional(),
  global_concurrency_limit_id: Uuid.nullable().optional(),
  version_info: Document.optional(),
  branch: z.string().max(5000).nullish(),
  base: Uuid.nullish(),
  root: Uuid.nullish(),
};

const shape = z.object(deploymentFields);
/** The common members, parsed. */
export type DeploymentInput = z.output<typeof shape>;

/** The name of a deployment. */
export const DeploymentName = Name;

/** Columns from input; pool, queue and labels are the caller's to add. */
export function toFields(input: DeploymentInput): DeploymentFields {
  if (input.concurrency_limit && input.global_concurrency_limit_id) {
    throw new WeirError("invalid", "A deployment cannot have both a concurrency limit and a global concurrency limit.");
  }
  return {
    description: input.description,
    version: input.version,
    paused: input.paused ?? undefined,
    tags: input.tags ?? undefined,
    entrypoint: input.entrypoint,
    path: input.path,
    pull_steps: orNull(input.pull_steps),
    parameters: input.parameters?.text,
    parameter_openapi_schema: orNull(input.parameter_openapi_schema),
    enforce_parameter_schema: input.enforce_parameter_schema ?? undefined,
    // An empty object does not clear what is stored: clients send it when they have nothing to say.
    job_variables:
      input.job_variables && Object.keys(input.job_variables.object()).length > 0
        ? input.job_variables.text
        : undefined,
    concurrency_limit: input.concurrency_limit,
    concurrency_options: orNull(input.concurrency_options),
    version_info: orNull(input.version_info),
    branch: input.branch ?? undefined,
    base: input.base ?? undefined,
    root: input.root ?? undefined,
  };
}

/** A document's text; null for the document null, undefined when absent. */
function orNull(document: JsonText | undefined): string | null | undefined {
  return document === undefined ? undefined : document.text === "null" ? null : document.text;
}
