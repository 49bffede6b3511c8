import { readFileSync } from "node:fs";

/** What the hosted API says of an operation. Types are alternatives: `integer|null`. */
type Fact = {
  status?: number;
  query?: Record<string, string>;
  body?: Record<string, string>;
  bodyIs?: string;
  answer?: { kind: "one" | "list" | "page"; fields: Record<string, string> };
};

type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
};
type Operation = {
  parameters?: { name: string; in: string; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
};

/** An OpenAPI document, as far as it is compared. */
export type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const WORKSPACE = "/accounts/{account_id}/workspaces/{workspace_id}";

/** The operations of the hosted API that Weir must have, by `POST /flows/filter`; parameters of a path are `{}`. */
function hostedOperations(): Record<string, Fact> {
  return JSON.parse(readFileSync(new URL("hosted-api.json", import.meta.url), "utf8")) as Record<string, Fact>;
}

/** What `document` lacks, or says otherwise, of what the hosted API has: a line for each. */
export function gaps(document: Document): string[] {
  const ours = new Map<string, Operation>();
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!path.startsWith(WORKSPACE)) continue;
    const place = path.slice(WORKSPACE.length).replaceAll(/\{\w+\}/g, "{}");
    for (const [method, operation] of Object.entries(operations))
      ours.set(`${method.toUpperCase()} ${place}`, operation);
  }
  const look = lookIn(document);
  return Object.entries(hostedOperations())
    .flatMap(([name, fact]) => {
      const operation = ours.get(name);
      return operation ? gapsOf(name, fact, operation, look) : [name];
    })
    .sort();
}

function gapsOf(name: string, fact: Fact, operation: Operation, look: ReturnType<typeof lookIn>): string[] {
  const query = new Set((operation.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name));
  const body = look.fields(operation.requestBody?.content["application/json"]?.schema);
  const found = [
    ...Object.keys(fact.query ?? {}).flatMap((one) => (query.has(one) ? [] : [`${name} query ${one}`])),
    ...Object.keys(fact.body ?? {}).flatMap((one) => (body[one] ? [] : [`${name} body ${one}`])),
  ];
  const answered = operation.responses["200"] ?? operation.responses["201"];
  if (!fact.answer) return found;
  const schema = answered?.content?.["application/json"]?.schema;
  if (!schema) return [...found, `${name} answer`];
  const told = look.fields(look.item(schema, fact.answer.kind));
  for (const [field, types] of Object.entries(fact.answer.fields)) {
    const own = told[field];
    if (!own) found.push(`${name} answer ${field}`);
    else if (!fits(look.types(own), types))
      found.push(`${name} answer ${field}: ${look.types(own).join("|")}, not ${types}`);
  }
  return found;
}

/** Every type that we may answer is one that the hosted API may. */
function fits(ours: string[], theirs: string): boolean {
  const known = new Set(theirs.split("|"));
  return (
    known.has("any") ||
    ours.includes("any") ||
    ours.every((type) => known.has(type) || (type === "integer" && known.has("number")))
  );
}

/** Ways to read a document's schemas. */
function lookIn({ components }: Document) {
  const deref = (schema: Schema): Schema => {
    const named = schema.$ref?.split("/").at(-1);
    const found = named === undefined ? undefined : components.schemas[named];
    return found ? deref(found) : schema;
  };
  const types = (schema: Schema): string[] => {
    const { anyOf, oneOf, type, const: value, enum: values } = deref(schema);
    const choices = anyOf ?? oneOf;
    if (choices) return [...new Set(choices.flatMap(types))].sort();
    if (Array.isArray(type)) return type;
    if (type !== undefined) return [type];
    return values || typeof value === "string" ? ["string"] : ["any"];
  };
  return {
    types,
    fields: (schema: Schema | undefined): Record<string, Schema> => (schema ? (deref(schema).properties ?? {}) : {}),
    /** The schema of the thing itself in a list or a page. */
    item(schema: Schema, kind: "one" | "list" | "page"): Schema {
      const whole = deref(schema);
      if (kind === "list") return whole.items ?? {};
      return kind === "page" ? (deref(whole.properties?.results ?? {}).items ?? {}) : whole;
    },
  };
}
