/** A piece of a JSON text: what it is, and its characters as they were written. */
export type JsonToken = { kind: "key" | "string" | "number" | "word" | "punctuation" | "space"; text: string };

const PIECE = /"(?:\\.|[^"\\])*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]|\s+/g;

/**
 * Lays out a JSON text without parsing its values: `1.0` and 2^60 stay what they are. Pieces are for colouring; joined
 * they are the indented text.
 */
export function layOut(text: string): JsonToken[] {
  const pieces = (text.match(PIECE) ?? []).filter((piece) => piece.trim() !== "");
  const tokens: JsonToken[] = [];
  let depth = 0;
  const line = () => tokens.push({ kind: "space", text: `\n${"  ".repeat(depth)}` });
  pieces.forEach((piece, index) => {
    const next = pieces[index + 1];
    if (piece === "{" || piece === "[") {
      tokens.push({ kind: "punctuation", text: piece });
      if (next === "}" || next === "]") return;
      depth += 1;
      line();
    } else if (piece === "}" || piece === "]") {
      const before = pieces[index - 1];
      if (before !== "{" && before !== "[") {
        depth -= 1;
        line();
      }
      tokens.push({ kind: "punctuation", text: piece });
    } else if (piece === ",") {
      tokens.push({ kind: "punctuation", text: piece });
      line();
    } else if (piece === ":") tokens.push({ kind: "punctuation", text: ": " });
    else tokens.push({ kind: kindOf(piece, next), text: piece });
  });
  return tokens;
}

function kindOf(piece: string, next: string | undefined): JsonToken["kind"] {
  if (piece.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(piece) ? "number" : "word";
}
