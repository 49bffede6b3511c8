import { parseInstant } from "@weir/contracts";

// The parameters of a batched statement: one array for each column, in PostgreSQL's binary format. As text, every quote in
// a document would be escaped here and unescaped there; binary halved the cost of a batch of events on both sides.

/**
 * Types that a column of a batch may have. `timestamptz` is given as ISO text or as microseconds since 1970, `uuid` as
 * canonical text, `int8` as bigint.
 */
type ColumnType = "uuid" | "text" | "int2" | "int4" | "int8" | "bool" | "float8" | "timestamptz";

/** The columns of a batch: name, type, and where the value is in an item. */
export type Columns<Item> = readonly (readonly [name: string, type: ColumnType, pick: (item: Item) => unknown])[];

/** Names a row. */
export type RowId = { workspaceId: string; id: string };

/** The columns of a batch of reads by id. */
export const rowIds: Columns<RowId> = [
  ["workspace_id", "uuid", (row) => row.workspaceId],
  ["id", "uuid", (row) => row.id],
];

/** `unnest($1::uuid[], …) as i (…)` over columns, the parameters numbered from `first`. */
export function unnest(columns: Columns<never>, { as = "i", first = 1 }: { as?: string; first?: number } = {}): string {
  const arrays = columns.map(([, type], index) => `$${first + index}::${type}[]`).join(", ");
  return `unnest(${arrays}) as ${as} (${columns.map(([name]) => name).join(", ")})`;
}

/** One array parameter for each column, in column order. */
export function arrays<Item>(items: readonly Item[], columns: Columns<Item>): Buffer[] {
  return columns.map(([, type, pick]) => binaryArray(type, items.map(pick)));
}

/** A PostgreSQL array literal, for a text[] inside a column of text. */
export function textArray(items: readonly string[]): string {
  return items.length === 0
    ? "{}"
    : `{${items.map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;
}

type Codec = { oid: number; size(value: never): number; write(buffer: Buffer, value: never, at: number): void };

const codecs: Record<ColumnType, Codec> = {
  uuid: { oid: 2950, size: () => 16, write: writeUuid },
  text: {
    oid: 25,
    size: (text: string) => Buffer.byteLength(text),
    write: (buffer, text: string, at) => buffer.write(text, at),
  },
  int2: { oid: 21, size: () => 2, write: (buffer, value: number, at) => buffer.writeInt16BE(value, at) },
  int4: { oid: 23, size: () => 4, write: (buffer, value: number, at) => buffer.writeInt32BE(value, at) },
  int8: { oid: 20, size: () => 8, write: (buffer, value: bigint, at) => buffer.writeBigInt64BE(value, at) },
  bool: { oid: 16, size: () => 1, write: (buffer, value: boolean, at) => buffer.writeUInt8(value ? 1 : 0, at) },
  float8: { oid: 701, size: () => 8, write: (buffer, value: number, at) => buffer.writeDoubleBE(value, at) },
  timestamptz: { oid: 1184, size: () => 8, write: writeInstant },
};

const HEAD_BYTES = 20;

/** Dimensions, whether there are nulls, the elements' type, how many, counted from 1; then each with its length, -1 for null. */
function binaryArray(type: ColumnType, values: readonly unknown[]): Buffer {
  const codec = codecs[type];
  const sizes = new Int32Array(values.length);
  let total = HEAD_BYTES + 4 * values.length;
  let hasNull = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null || value === undefined) {
      sizes[index] = -1;
      hasNull = 1;
    } else {
      const size = codec.size(value as never);
      sizes[index] = size;
      total += size;
    }
  }
  const buffer = Buffer.allocUnsafe(total);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull, 4);
  buffer.writeInt32BE(codec.oid, 8);
  buffer.writeInt32BE(values.length, 12);
  buffer.writeInt32BE(1, 16);
  let at = HEAD_BYTES;
  for (let index = 0; index < values.length; index += 1) {
    const size = sizes[index] ?? -1;
    buffer.writeInt32BE(size, at);
    at += 4;
    if (size < 0) continue;
    codec.write(buffer, values[index] as never, at);
    at += size;
  }
  return buffer;
}

const HEX = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

function writeUuid(buffer: Buffer, uuid: string, at: number): void {
  let out = at;
  let wrong = uuid.length === 36 ? 0 : 255;
  for (let index = 0; index < 36; index += 2) {
    if (index === 8 || index === 13 || index === 18 || index === 23) index += 1;
    const high = HEX[uuid.charCodeAt(index)] ?? 255;
    const low = HEX[uuid.charCodeAt(index + 1)] ?? 255;
    wrong |= high | low;
    buffer[out] = (high << 4) | low;
    out += 1;
  }
  if (wrong > 15) throw new Error(`not a canonical uuid: ${uuid}`);
}

/** Microseconds from 1970 to 2000, where PostgreSQL counts from. */
const EPOCH = 946_684_800_000_000;
const HIGH = 2 ** 32;

/** Neighbours in a column often are the same instant. */
let last = { text: "", micros: 0 };

function writeInstant(buffer: Buffer, instant: string | number, at: number): void {
  const micros = typeof instant === "number" ? instant : microsOf(instant);
  const high = Math.floor((micros - EPOCH) / HIGH);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(micros - EPOCH - high * HIGH, at + 4);
}

function microsOf(text: string): number {
  if (text === last.text) return last.micros;
  const micros = parseInstant(text);
  if (micros === undefined) throw new Error(`not an instant: ${text}`);
  last = { text, micros };
  return micros;
}
