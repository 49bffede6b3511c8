import { elementTexts, JsonText, memberTexts } from "@weir/contracts";

/** Members whose values are users' documents wherever they stand in a request: kept as the text they came in. */
const DOCUMENTS = new Set([
  "parameters",
  "context",
  "empirical_policy",
  "job_variables",
  "infra_overrides",
  "data",
  "metadata_",
  "labels",
  "pull_steps",
  "parameter_openapi_schema",
  "base_job_template",
  "default_base_job_template",
  "worker_metadata",
  "storage_configuration",
  "value",
  "version_info",
  "task_inputs",
  "concurrency_options",
]);

const MENTIONS_DOCUMENT = new RegExp(`"(?:${[...DOCUMENTS].join("|")})"`);

/**
 * Parses a JSON body, leaving users' documents as text so that they come back exactly as they were sent. Throws a
 * SyntaxError when the text is not JSON.
 */
export function parseBody(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return MENTIONS_DOCUMENT.test(text) ? keepDocuments(text, plain) : plain;
}

function keepDocuments(text: string, plain: unknown): unknown {
  if (Array.isArray(plain)) {
    const texts = elementTexts(text);
    return plain.map((element, index) => keepWithin(texts[index] ?? "null", element));
  }
  if (typeof plain !== "object" || plain === null) return plain;
  const kept: Record<string, unknown> = {};
  for (const [key, member] of memberTexts(text)) {
    if (key === "__proto__") continue;
    const value = (plain as Record<string, unknown>)[key];
    kept[key] =
      DOCUMENTS.has(key) && value !== null && typeof value !== "string"
        ? new JsonText(member)
        : keepWithin(member, value);
  }
  return kept;
}

function keepWithin(text: string, plain: unknown): unknown {
  return typeof plain === "object" && plain !== null && MENTIONS_DOCUMENT.test(text)
    ? keepDocuments(text, plain)
    : plain;
}
