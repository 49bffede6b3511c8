/** A piece of SQL with its values. Built with the `sql` tag only, so a value can never become text of a statement. */
export class Sql {
  constructor(
    readonly strings: readonly string[],
    readonly values: readonly unknown[],
  ) {}

  /** Text with `$1…` and the values in order, nested pieces flattened. */
  render(): { text: string; values: unknown[] } {
    const values: unknown[] = [];
    const text = write(this, values);
    return { text, values };
  }
}

/** Writes SQL: `${value}` becomes a parameter, `${sql`…`}` is spliced in. */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  return new Sql(strings, values);
}

/** Pieces with `separator` between them; `empty` when there are none. */
export function join(pieces: readonly Sql[], separator: string, empty: Sql = EMPTY): Sql {
  if (pieces.length === 0) return empty;
  return new Sql(["", ...pieces.slice(1).map(() => separator), ""], pieces);
}

/** All conditions hold; `true` when there are none. */
export function all(conditions: readonly Sql[]): Sql {
  return join(conditions, " and ", sql`true`);
}

/** Text that is ours: a column or table name, never a caller's. */
export function raw(text: string): Sql {
  return new Sql([text], []);
}

/** No SQL at all. */
const EMPTY = raw("");

function write(piece: Sql, values: unknown[]): string {
  let text = piece.strings[0] ?? "";
  piece.values.forEach((value, index) => {
    if (value instanceof Sql) text += write(value, values);
    else {
      values.push(value);
      text += `$${values.length}`;
    }
    text += piece.strings[index + 1] ?? "";
  });
  return text;
}
