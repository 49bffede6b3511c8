import type { Json } from "../harness/rest.ts";
import { type Difference, differences } from "./differences.ts";

/** What a scenario came to, on one server: named pictures. */
export type Outcome = Record<string, Json>;

/** How a difference reads: where, then what Prefect's server has and what Weir has. */
export type Found = string;

/**
 * Every way in which Weir's value differs from Prefect's. Lists of texts are compared as lines: which are missing, which
 * are extra, and else whether their order differs; everything else place by place.
 */
export function compare(peer: Json | undefined, weir: Json | undefined, at = ""): Found[] {
  if (isLines(peer) && isLines(weir)) return compareLines(peer, weir, at);
  if (Array.isArray(peer) && Array.isArray(weir)) {
    const length = Math.max(peer.length, weir.length);
    return Array.from({ length }, (_, n) => compare(peer[n], weir[n], `${at}[${n}]`)).flat();
  }
  if (isObject(peer) && isObject(weir)) {
    const keys = [...new Set([...Object.keys(peer), ...Object.keys(weir)])];
    return keys.flatMap((key) => compare(peer[key], weir[key], at === "" ? key : `${at}.${key}`));
  }
  const [theirs, ours] = [show(peer), show(weir)];
  return theirs === ours ? [] : [`${at}: peer ${theirs}, weir ${ours}`];
}

/** Sorts out of `found` what is allowed; `used` are the entries of the list that were met. */
export function sift(found: Found[], context: string): { left: Found[]; used: Difference[] } {
  const matching = (line: Found) => differences.filter(({ where, what }) => where.test(context) && what.test(line));
  return {
    left: found.filter((line) => matching(line).length === 0),
    used: [...new Set(found.flatMap(matching))],
  };
}

/** The entries of the list that speak of this context: they must be met there, or go. */
export function expectedIn(context: string): Difference[] {
  return differences.filter(({ where }) => where.test(context));
}

function compareLines(peer: string[], weir: string[], at: string): Found[] {
  const extra = [...weir];
  const missing: string[] = [];
  for (const line of peer) {
    const index = extra.indexOf(line);
    if (index === -1) missing.push(line);
    else extra.splice(index, 1);
  }
  if (missing.length === 0 && extra.length === 0) {
    return peer.every((line, n) => line === weir[n]) ? [] : [`${at}: in another order`];
  }
  return [
    ...missing.map((line) => `${at}: only peer has ${JSON.stringify(line)}`),
    ...extra.map((line) => `${at}: only weir has ${JSON.stringify(line)}`),
  ];
}

function isLines(value: Json | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
