/** How a batcher groups what waits. */
export type BatchOptions<In, Out> = {
  /** Runs a batch; answers in order, one for each item. */
  run(items: In[]): Promise<Out[]>;
  /** Items of one key never share a batch: a row cannot be moved twice by one statement. */
  key?(item: In): string;
  /** Weight of an item towards `maxWeight`; 1 when absent. */
  weight?(item: In): number;
  /** True for faults of the database, not of an item: nobody is tried again. */
  isEveryonesFault?(error: unknown): boolean;
  /** What a statement takes at most, but for an item that weighs more by itself. */
  maxWeight?: number;
  /** Batches under way at once, two when absent: the second keeps PostgreSQL busy while there is more than a batch to do. */
  atOnce?: number;
};

type Waiting<In, Out> = { item: In; resolve(out: Out): void; reject(error: unknown): void };

/**
 * Groups concurrent calls into statements. A call that finds no statement under way goes out at the end of its tick, alone
 * or with what came in the same tick; calls that come meanwhile wait and go out together, and a second statement joins the
 * first only with a full batch. So one client pays for no waiting, and sixty-four share a handful of statements. When a
 * batch fails, its items are tried one by one, so that one bad row fails only its own caller.
 */
export class Batcher<In, Out> {
  private queue: Waiting<In, Out>[] = [];
  private queueWeight = 0;
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly options: BatchOptions<In, Out>) {}

  /** Queues `item`; settles with its own outcome. */
  submit(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.queueWeight += this.weigh(item);
      this.schedule();
    });
  }

  /** How many calls wait for a slot: what overload protection looks at. */
  get waiting(): number {
    return this.queue.length;
  }

  private get maxWeight(): number {
    return this.options.maxWeight ?? 64;
  }

  private weigh(item: In): number {
    return this.options.weight?.(item) ?? 1;
  }

  private mayFlush(): boolean {
    if (this.inFlight === 0) return this.queue.length > 0;
    return this.inFlight < (this.options.atOnce ?? 2) && this.queueWeight >= this.maxWeight;
  }

  private schedule(): void {
    if (this.scheduled || !this.mayFlush()) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.mayFlush()) {
      this.inFlight += 1;
      void this.settle(this.take()).finally(() => {
        this.inFlight -= 1;
        this.flush();
      });
    }
  }

  private take(): Waiting<In, Out>[] {
    const { key } = this.options;
    const batch: Waiting<In, Out>[] = [];
    const rest: Waiting<In, Out>[] = [];
    const keys = new Set<string>();
    let total = 0;
    for (const waiting of this.queue) {
      const own = this.weigh(waiting.item);
      const name = key?.(waiting.item);
      const fits = total === 0 || total + own <= this.maxWeight;
      if (fits && (name === undefined || !keys.has(name))) {
        if (name !== undefined) keys.add(name);
        batch.push(waiting);
        total += own;
      } else rest.push(waiting);
    }
    this.queue = rest;
    this.queueWeight -= total;
    return batch;
  }

  private async settle(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await this.options.run(batch.map((waiting) => waiting.item));
      batch.forEach((waiting, index) => {
        waiting.resolve(outs[index] as Out);
      });
    } catch (error) {
      if (batch.length === 1 || this.options.isEveryonesFault?.(error)) {
        for (const waiting of batch) waiting.reject(error);
        return;
      }
      for (const waiting of batch) await this.settle([waiting]);
    }
  }
}
