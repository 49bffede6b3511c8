import type { LogLine } from "../../server/shapes.ts";

/** A row of the log pane: a line, or one of the further lines of its message. Rows have one height, so there is no limit. */
export type LogRow = { line: LogLine; text: string; part: number };

const MOST_PARTS = 500;
const MOST_CHARACTERS = 2_000;
/** How far back a pull looks again: lines of one run come from several processes, and not in order. */
const OVERLAP_MS = 10_000;
const MOST_OVERLAP = 1_000;

/** The lines of a run in order, each once, however they arrive. `rows` is what is drawn. */
export class LogLines {
  readonly lines: LogLine[] = [];
  readonly rows: LogRow[] = [];
  private readonly ids = new Set<string>();

  /** Where the next pull begins: far enough back to see lines that came late. Undefined: at the start. */
  resumeAfter(isCaughtUp: boolean): { timestamp: string; id: string } | undefined {
    const last = this.lines.at(-1);
    if (!last || !isCaughtUp) return last && { timestamp: last.timestamp, id: last.id };
    const settled = Date.parse(last.timestamp) - OVERLAP_MS;
    let index = this.lines.length - 1;
    const lowest = Math.max(0, this.lines.length - MOST_OVERLAP);
    while (index >= lowest && Date.parse(this.lines[index]?.timestamp ?? "") > settled) index -= 1;
    const line = this.lines[index];
    return index < 0 || !line ? undefined : { timestamp: line.timestamp, id: line.id };
  }

  /** Adds lines that are not there yet; returns how many were new. */
  add(pulled: readonly LogLine[]): number {
    const fresh = pulled.filter((line) => !this.ids.has(line.id));
    if (fresh.length === 0) return 0;
    for (const line of fresh) this.ids.add(line.id);
    const last = this.lines.at(-1);
    const first = fresh[0];
    if (!last || !first || order(last, first) <= 0) {
      this.append(fresh);
      return fresh.length;
    }
    // Late lines: what follows the earliest of them is taken off, sorted with them, and put back.
    const from = this.lines.findIndex((line) => order(line, first) > 0);
    const tail = this.lines.splice(from);
    const firstRow = tail[0];
    this.rows.splice(this.rows.findIndex((row) => row.line === firstRow));
    this.append([...tail, ...fresh].sort(order));
    return fresh.length;
  }

  private append(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.lines.push(line);
      const parts = line.message.split("\n", MOST_PARTS);
      parts.forEach((text, part) => {
        this.rows.push({ line, text: text.slice(0, MOST_CHARACTERS), part });
      });
    }
  }
}

/** By time to the microsecond, then by id. */
function order(a: LogLine, b: LogLine): number {
  return compare(sortable(a.timestamp), sortable(b.timestamp)) || compare(a.id, b.id);
}

// "…:22Z" and "…:22.5Z" must compare as 22.0 and 22.5.
function sortable(timestamp: string): string {
  return `${timestamp.slice(0, 19)}.${timestamp.slice(20, -1).padEnd(6, "0")}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
