import type { SlotLimitLeft, SlotLimitRow } from "@weir/db";

/** Limits of a workspace that a process keeps in mind. */
const MOST = 1_000;

/** So long nothing is kept in mind after another process was found to change the same limits. */
const SHARED_MS = 1_000;

/**
 * Limits as this process left them. Whoever decides by one commits on its version, so what others did since is noticed. Only
 * quiet ones are kept: those that nobody waits for and nothing decays of, where the version says all there is to know. That a
 * lease expired it does not say, but that only makes more room than was thought.
 */
export class KnownLimits {
  private readonly byName = new Map<string, SlotLimitRow>();
  private sharedUntil = 0;

  /** Limits of all these names; `undefined` when one is not known: none may have that name, or it is not quiet. */
  recall(names: readonly string[]): SlotLimitRow[] | undefined {
    const rows: SlotLimitRow[] = [];
    for (const name of names) {
      const row = this.byName.get(name);
      if (!row) return undefined;
      rows.push(row);
    }
    return rows;
  }

  /** Limits were at another version: somebody else takes and gives their slots too, and would again. */
  wrong(): void {
    this.byName.clear();
    this.sharedUntil = performance.now() + SHARED_MS;
  }

  /**
   * A commit left limits like this. Those in `decided` it was decided on, as they are there, and `isBusy` when somebody
   * begins or ceases to wait for them; of the others it freed slots. One that more was done to than that is forgotten.
   */
  left(limits: readonly SlotLimitLeft[], decided: readonly SlotLimitRow[], isBusy: boolean): void {
    for (const { id, name, version, taken } of limits) {
      const known = this.byName.get(name);
      const read = decided.find((one) => one.id === id);
      const row = read ?? known;
      const isQuiet = read === undefined || (!isBusy && isCalm(read) && performance.now() >= this.sharedUntil);
      if (row?.id === id && row.version + 1 === version && isQuiet) this.keep({ ...row, version, taken });
      else this.byName.delete(name);
    }
  }

  private keep(row: SlotLimitRow): void {
    if (this.byName.size >= MOST && !this.byName.has(row.name)) this.byName.clear();
    this.byName.set(row.name, row);
  }
}

function isCalm(row: SlotLimitRow): boolean {
  return row.active && row.slot_decay_per_second === 0 && row.waiting.text === "[]";
}
