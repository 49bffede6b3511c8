import { join, type Sql, sql } from "../sql.ts";

/** A text query: words are alternatives; `-` or `!` excludes, `+` requires, double quotes make a phrase. */
type TextQuery = { any: string[]; required: string[]; excluded: string[] };

/** A sign that stands alone, or a sign or none before a phrase or a word; a word ends at a quote. */
const TERM = /[-!+](?=\s|$)|([-!+]?)(?:"((?:\\.|[^"\\])*\\?)"?|([^\s"]+))/gs;

/** Reads a text query. In a phrase a backslash takes a quote or a backslash as it is; an open phrase runs to the end. */
export function parseTextQuery(query: string): TextQuery {
  const parsed: TextQuery = { any: [], required: [], excluded: [] };
  for (const [, sign = "", phrase, word] of query.matchAll(TERM)) {
    const term = word ?? (phrase ?? "").replaceAll(/\\(["\\])/g, "$1");
    if (term.trim() === "") continue;
    (sign === "+" ? parsed.required : sign === "" ? parsed.any : parsed.excluded).push(term);
  }
  return parsed;
}

/** Condition that `text` matches a query, ignoring case; `undefined` when the query is empty. */
export function textMatches(text: Sql, query: string): Sql | undefined {
  const { any, required, excluded } = parseTextQuery(query);
  const has = (term: string) => sql`position(lower(${term}) in lower(${text})) > 0`;
  const conditions = [...required.map(has), ...excluded.map((term) => sql`not ${has(term)}`)];
  if (any.length > 0) conditions.push(sql`(${join(any.map(has), " or ")})`);
  return conditions.length === 0 ? undefined : sql`(${join(conditions, " and ")})`;
}
