import type { Scope } from "../scope.ts";
import { raw, type Sql, sql } from "../sql.ts";

/** Switches that stop a thing: the column that keeps who did it and when, and what holds of a row that is stopped. */
const switches = {
  is_paused: { column: "pause", holds: "is_paused" },
  paused: { column: "pause", holds: "paused" },
  disabled: { column: "disablement", holds: "disabled" },
  active: { column: "pause", holds: "not active" },
} as const;

type Switches = { [name in keyof typeof switches]?: boolean | undefined };

/** Who stops a thing and when, as JSON text. */
export function stopMark({ by }: Pick<Scope, "by">, now: string): string {
  return `{"at":${JSON.stringify(now)},"by":${by ?? "null"}}`;
}

/** The switches that a patch sets to stop or release a thing, each with its column and the mark to keep there; null: none. */
export function stopsOf(
  patch: Switches,
  mark: string,
): { name: keyof Switches; column: string; holds: string; mark: string | null }[] {
  const names = Object.keys(switches) as (keyof typeof switches)[];
  return names
    .filter((name) => patch[name] !== undefined)
    .map((name) => ({ name, ...switches[name], mark: patch[name] === (name !== "active") ? mark : null }));
}

/** What an update that sets these switches sets beside them: what is stopped already keeps the mark of who stopped it. */
export function setStops(patch: Switches, mark: string): Sql[] {
  return stopsOf(patch, mark).map(({ column, holds, mark: kept }) =>
    kept === null
      ? sql`${raw(column)} = null`
      : sql`${raw(column)} = case when ${raw(holds)} then ${raw(column)} else ${kept}::json end`,
  );
}
