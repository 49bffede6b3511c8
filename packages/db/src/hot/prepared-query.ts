import pg from "pg";

/** What a statement answers with, as pg keeps it with a result. */
type Shape = { fields: unknown; _parsers: unknown; _prebuiltEmptyResultObject: unknown };

/** What pg's types leave out of its query. */
type Insides = pg.Submittable & {
  readonly name: string;
  _result: Shape;
  _accumulateRows: boolean;
  hasBeenParsed(connection: pg.Connection): boolean;
  handleRowDescription(message: unknown): void;
  prepare(connection: pg.Connection): void;
};

const Query = pg.Query as unknown as new (statement: pg.QueryConfig) => Insides;

/** Of each connection, by the statement's name. PostgreSQL does not run a prepared statement whose columns have changed since. */
const shapes = new WeakMap<pg.Connection, Map<string, Shape>>();

/** Leaves out the question for the columns. */
const unasked = { describe: { value: () => undefined } };

/**
 * A named statement that asks for its columns where it is prepared, once on each connection. pg asks each time, and of a
 * statement of forty columns the answer takes Node.js longer than the rows.
 */
class PreparedQuery extends Query {
  private known = new Map<string, Shape>();

  override handleRowDescription(message: unknown): void {
    super.handleRowDescription(message);
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result;
    this.known.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject });
  }

  override prepare(connection: pg.Connection): void {
    this.known = shapes.get(connection) ?? this.known;
    shapes.set(connection, this.known);
    const shape = this.hasBeenParsed(connection) ? this.known.get(this.name) : undefined;
    if (shape) {
      Object.assign(this._result, shape);
      this._accumulateRows = true;
    }
    super.prepare(shape ? (Object.create(connection, unasked) as pg.Connection) : connection);
  }
}

/** The rows of a named statement. Errors are pg's. */
export async function queryPrepared<R>(hot: pg.Pool, name: string, text: string, values: unknown[]): Promise<R[]> {
  // With a query of one's own pg answers as with its own, though its types say otherwise.
  const result = await (hot.query(new PreparedQuery({ name, text, values })) as unknown as Promise<{ rows: R[] }>);
  return result.rows;
}
