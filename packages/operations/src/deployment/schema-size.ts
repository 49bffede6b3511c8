import { isObject, NAMED } from "./tolerant-schema.ts";

/** Keywords that may take long over a short value, or refer by other means than a path from the top. */
const UNBOUNDED = new Set([
  ...["pattern", "patternProperties", "uniqueItems", "$id", "id", "$anchor"],
  ...["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"],
]);

/**
 * How long a schema is, in characters, with each reference written out: a check by it looks at each part of the schema once for
 * each part of the value at most. Infinity where that does not hold: patterns, lists of unique items, references that go in
 * circles, or by a name.
 */
export function schemaSize(schema: unknown): number {
  const sizes = new Map<string, number>();

  /** The size of what a reference refers to; each is measured once, however often it is referred to. */
  function sizeAt(reference: unknown): number {
    if (typeof reference !== "string" || !/^#(\/[\w$ .-]+)*$/.test(reference)) return Infinity;
    const known = sizes.get(reference);
    if (known !== undefined) return known;
    // Whoever comes by here again before the size is known has gone in a circle.
    sizes.set(reference, Infinity);
    let target = schema;
    for (const part of reference.split("/").slice(1)) target = memberOf(target, part);
    const size = sizeOf(target);
    sizes.set(reference, size);
    return size;
  }

  function sizeOf(value: unknown, isNamed = false): number {
    if (typeof value === "string") return value.length + 2;
    if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + sizeOf(one) + 1, 2);
    if (!isObject(value)) return 5;
    let size = 2;
    for (const [key, member] of Object.entries(value)) {
      if (!isNamed && UNBOUNDED.has(key)) return Infinity;
      size +=
        key.length + 4 + (!isNamed && key === "$ref" ? sizeAt(member) : sizeOf(member, !isNamed && NAMED.has(key)));
    }
    return size;
  }

  return sizeOf(schema);
}

function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value[Number(name)];
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
