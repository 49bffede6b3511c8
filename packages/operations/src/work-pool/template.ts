import { jsonText, ObjectDocument } from "@weir/contracts";
import { PLACEHOLDER } from "@weir/core";

/**
 * A pool's base job template: empty, or `job_configuration` with `variables`, a JSON schema that declares every
 * placeholder of the configuration.
 */
export const BaseJobTemplate = ObjectDocument.superRefine((document, ctx) => {
  const template = document.object();
  if (Object.keys(template).length === 0) return;
  const { job_configuration: configuration, variables } = template;
  if (!isFilled(configuration) || !isFilled(variables)) {
    const message =
      "Value error, The `base_job_template` must contain both a `job_configuration` key and a `variables` key.";
    ctx.addIssue({ code: "custom", message });
    return;
  }
  const { properties } = variables;
  const declared = isFilled(properties) ? properties : {};
  const undeclared = [...placeholders(configuration)].filter((name) => !Object.hasOwn(declared, name));
  if (undeclared.length === 0) return;
  ctx.addIssue({
    code: "custom",
    message:
      "Value error, The variables specified in the job configuration template must be present as properties in the variables schema. " +
      `Your job configuration uses the following undeclared variable(s): ${undeclared.join(" ,")}.`,
  });
});

/** Names between double braces anywhere in a value. */
function placeholders(value: unknown): Set<string> {
  return new Set([...jsonText(value).text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name));
}

function isFilled(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}
