import type { SchemaFault } from "./schema.ts";

/** What is wrong with a value, as a tree of its members and elements; bare texts are about the level they stand on. */
type ErrorNode = string | { property: string; errors: ErrorNode[] } | { index: number; errors: ErrorNode[] };

/** Faults by their places, as forms show them. A missing member is told where it would stand. */
export function errorTree(faults: readonly SchemaFault[]): { errors: ErrorNode[]; valid: boolean } {
  const errors: ErrorNode[] = [];
  for (const { path, keyword, message } of faults) {
    const missing = keyword === "required" ? message.match(/^'(.*)' is a required property$/)?.[1] : undefined;
    const place = missing === undefined ? path : [...path, missing];
    place.reduce(within, errors).push(message);
  }
  return { errors, valid: errors.length === 0 };
}

function within(level: ErrorNode[], part: string | number): ErrorNode[] {
  for (const node of level) {
    if (typeof node === "string") continue;
    if ("property" in node ? node.property === part : node.index === part) return node.errors;
  }
  const errors: ErrorNode[] = [];
  level.push(typeof part === "number" ? { index: part, errors } : { property: part, errors });
  return errors;
}
