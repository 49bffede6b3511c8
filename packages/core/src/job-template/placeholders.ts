import { elementTexts, memberTexts, objectText } from "@weir/contracts";
import { inPython } from "./in-python.ts";

/** Names between double braces. */
export const PLACEHOLDER = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g;

/** A job is told in so many characters at most: a value may be asked for often. */
const MOST_CHARACTERS = 8_000_000;

type Filling = { fills(name: string): boolean; value(name: string): string | undefined; left: number };

/**
 * A JSON object with the placeholders filled in whose names `fills` tells; the others stay as they are written. `value` gives
 * JSON text, or undefined where there is no value: a member or element that is such a placeholder is left out, and within a
 * longer text it is empty. `undefined`: what is made would be too large to tell.
 */
export function fillPlaceholders(source: string, fills: Filling["fills"], value: Filling["value"]): string | undefined {
  const filling = { fills, value, left: MOST_CHARACTERS };
  const told = fill(source, filling) ?? "{}";
  return filling.left < 0 ? undefined : told;
}

function fill(source: string, filling: Filling): string | undefined {
  filling.left -= source.length;
  if (filling.left < 0) return "null";
  if (source.startsWith("{")) {
    const members = [...memberTexts(source)].map(([key, value]) => [key, fill(value, filling)] as const);
    return objectText(members.filter((member): member is readonly [string, string] => member[1] !== undefined));
  }
  if (source.startsWith("["))
    return `[${elementTexts(source)
      .map((element) => fill(element, filling))
      .filter((element) => element !== undefined)
      .join(",")}]`;
  return source.startsWith('"') ? fillText(JSON.parse(source) as string, source, filling) : source;
}

function fillText(text: string, source: string, filling: Filling): string | undefined {
  const found = [...text.matchAll(PLACEHOLDER)].filter(([, name = ""]) => filling.fills(name));
  if (found.length === 0) return source;
  const [whole, name = ""] = found[0] ?? [];
  const valued = (asked: string) => {
    const value = filling.value(asked);
    filling.left -= value?.length ?? 0;
    return value;
  };
  if (whole === text) return valued(name);
  const filled = text.replaceAll(PLACEHOLDER, (written, inside: string) => {
    if (filling.left < 0 || !filling.fills(inside)) return written;
    const value = valued(inside);
    return value === undefined ? "" : inPython(value);
  });
  return JSON.stringify(filled);
}
