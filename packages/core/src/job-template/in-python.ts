import { elementTexts, memberTexts } from "@weir/contracts";

const WORDS: Record<string, string> = { true: "True", false: "False", null: "None" };

/** A JSON value as Python puts it into a text: workers do so with values within longer texts. */
export function inPython(source: string): string {
  return source.startsWith('"') ? (JSON.parse(source) as string) : shown(source);
}

function shown(source: string): string {
  if (source.startsWith('"')) return quoted(JSON.parse(source) as string);
  if (source.startsWith("[")) return `[${elementTexts(source).map(shown).join(", ")}]`;
  if (source.startsWith("{"))
    return `{${[...memberTexts(source)].map(([key, value]) => `${quoted(key)}: ${shown(value)}`).join(", ")}}`;
  return WORDS[source] ?? source;
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(mark, `\\${mark}`);
  return mark + escaped + mark;
}
