/**
 * PostgreSQL compresses the long values of a row only when the row is longer than 2,032 bytes, and most events are a little
 * shorter. Blanks behind the text, which JSON allows, take them over that line: stored, they are half as long.
 */
const COMPRESSED_FROM = 2_040;

/** SQL that makes a column `body` of a table `event` from an expression that is an event's JSON text. */
export function packedBody(text: string): string {
  return `rpad(${text}, greatest(length(${text}), ${COMPRESSED_FROM}))::json`;
}

/** SQL that reads the column back as it was sent. */
export const unpackedBody = "rtrim(e.body::text)::json as body";
