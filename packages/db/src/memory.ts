/**
 * Keeps what was used last, up to `maxWeight` in sum: what weighs more than its share of that, a sixteenth, is not kept at
 * all, so that no one thing drives out the rest.
 */
export class Memory<Value> {
  private readonly kept = new Map<string, { value: Value; weight: number }>();
  private total = 0;

  constructor(
    private readonly maxWeight: number,
    private readonly weigh: (value: Value) => number,
  ) {}

  /** What was kept under this key; `undefined` when nothing is. */
  get(key: string): Value | undefined {
    const found = this.kept.get(key);
    if (!found) return undefined;
    // To the end: what was used last is forgotten last.
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.value;
  }

  /** Keeps a value in the place of what was kept under its key. */
  set(key: string, value: Value): void {
    this.forget(key);
    const weight = this.weigh(value);
    if (weight > this.maxWeight / 16) return;
    this.kept.set(key, { value, weight });
    this.total += weight;
    for (const [oldest] of this.kept) {
      if (this.total <= this.maxWeight) return;
      this.forget(oldest);
    }
  }

  /** Forgets what was kept under this key, if anything was. */
  forget(key: string): void {
    this.total -= this.kept.get(key)?.weight ?? 0;
    this.kept.delete(key);
  }
}
