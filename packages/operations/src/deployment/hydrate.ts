import { elementTexts, memberTexts } from "@weir/contracts";
import { renderTemplate } from "./template.ts";

const MARK = "__prefect_kind";
const MARKED = `"${MARK}"`;

/** A workspace's variable as JSON text; `undefined` when there is none of that name. */
export type Lookup = (name: string) => string | undefined;

/** What became of a document: `faults` stand where `null` was put, `templates` where text is still to be rendered. */
export type Hydrated = {
  text: string;
  faults: { path: (string | number)[]; message: string }[];
  templates: (string | number)[][];
};

type Value =
  | { kind: "text"; text: string }
  | { kind: "fault"; message: string }
  | { kind: "template" }
  | { kind: "removed" };

/** False for a document that is as it is. */
export function hasPlaceholders(text: string): boolean {
  return text.includes(MARKED);
}

type Room = { lookup: Lookup; rendersTemplates: boolean } & Omit<Hydrated, "text">;

/**
 * Puts values where a document of JSON text has `{"__prefect_kind": …}`: `none` and `json` hold their value, `jinja` a
 * template, `workspace_variable` a name. One without a value is taken out of what holds it. All else stays as it was sent.
 */
export function hydrate(text: string, lookup: Lookup, { rendersTemplates = true } = {}): Hydrated {
  const room: Room = { lookup, rendersTemplates, faults: [], templates: [] };
  if (!hasPlaceholders(text)) return { text, faults: [], templates: [] };
  const whole = placed(readValue(text.trim(), [], room), [], room);
  return { text: whole ?? "{}", faults: room.faults, templates: room.templates };
}

/** The text to put at a place; `undefined` to take it out. */
function placed(value: Value, path: (string | number)[], room: Room): string | undefined {
  if (value.kind === "text") return value.text;
  if (value.kind === "fault") room.faults.push({ path, message: value.message });
  if (value.kind === "template") room.templates.push(path);
  return value.kind === "removed" ? undefined : "null";
}

function readValue(text: string, path: (string | number)[], room: Room): Value {
  const first = text[0];
  if (!text.includes(MARKED) || (first !== "{" && first !== "[")) return { kind: "text", text };
  if (first === "[") {
    const kept: string[] = [];
    for (const element of elementTexts(text)) {
      const here = [...path, kept.length];
      const value = placed(readValue(element, here, room), here, room);
      if (value !== undefined) kept.push(value);
    }
    return { kind: "text", text: `[${kept.join(",")}]` };
  }
  const members = memberTexts(text);
  if (members.has(MARK)) return special(members, path, room);
  const kept: string[] = [];
  for (const [name, member] of members) {
    const here = [...path, name];
    const value = placed(readValue(member, here, room), here, room);
    if (value !== undefined) kept.push(`${JSON.stringify(name)}:${value}`);
  }
  return { kind: "text", text: `{${kept.join(",")}}` };
}

function special(members: Map<string, string>, path: (string | number)[], room: Room): Value {
  const held = (name: string): Value | undefined => {
    const text = members.get(name);
    return text === undefined ? undefined : readValue(text, path, room);
  };
  switch (JSON.parse(members.get(MARK) ?? "null")) {
    case "none":
      return held("value") ?? missing("value");
    case "json":
      return json(held("value") ?? { kind: "removed" });
    case "jinja":
      return jinja(held("template") ?? missing("template"), room);
    case "workspace_variable":
      return variable(held("variable_name") ?? { kind: "removed" }, room);
    default:
      return { kind: "text", text: members.get("value") ?? "null" };
  }
}

function missing(key: string): Value {
  return { kind: "fault", message: `Missing '${key}' key in __prefect object` };
}

function json(value: Value): Value {
  const held = plainText(value);
  if (held === undefined) return value;
  try {
    JSON.parse(held);
    return { kind: "text", text: held };
  } catch (error) {
    return { kind: "fault", message: `Invalid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function jinja(value: Value, room: Room): Value {
  if (value.kind !== "text") return value;
  const template = plainText(value);
  if (template === undefined) return { kind: "fault", message: "Invalid jinja: a template must be text" };
  const rendered = renderTemplate(template);
  if ("fault" in rendered) return { kind: "fault", message: `Invalid jinja: ${rendered.fault}` };
  return room.rendersTemplates ? { kind: "text", text: JSON.stringify(rendered.text) } : { kind: "template" };
}

function variable(value: Value, room: Room): Value {
  if (value.kind !== "text") return value;
  const name = plainText(value) ?? value.text;
  const text = room.lookup(name);
  return text === undefined
    ? { kind: "fault", message: `Variable '${name}' not found in workspace.` }
    : { kind: "text", text };
}

/** What a JSON string says; `undefined` of anything else. */
function plainText(value: Value): string | undefined {
  if (value.kind !== "text" || value.text[0] !== '"') return undefined;
  return JSON.parse(value.text) as string;
}
