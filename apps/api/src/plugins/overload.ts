import { monitorEventLoopDelay } from "node:perf_hooks";
import { WeirError } from "@weir/contracts";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Never waits and is never refused: health and versions. */
    free?: boolean;
  }
  interface FastifyRequest {
    /** Gives the call's place to another while it only waits for something to happen. */
    rest: (() => void) | undefined;
  }
}

/** How much is done at once, and how much may wait for it. Times in milliseconds. */
export type OverloadLimits = {
  /** Calls in flight, of any kind. */
  calls: number;
  /** Calls in flight that no running work waits for: lists and the like. */
  lists: number;
  /** As many lists at once while more than `busy` vital calls are in flight: they share the database's processors. */
  listsWhenBusy: number;
  busy: number;
  vitalQueue: { length: number; waitMs: number };
  listQueue: { length: number; waitMs: number };
  /** A loop that lags more than this is too busy for lists. */
  lagMs: number;
};

/**
 * Set by what clients bear: they give up on an answer after 60 s and ask again five times after a 503. Lists have as many
 * places as there are connections for them; a list that is in PostgreSQL slows what runs beside it, wherever it queues.
 */
const overloadLimits: OverloadLimits = {
  calls: 256,
  lists: 8,
  listsWhenBusy: 2,
  busy: 32,
  vitalQueue: { length: 4_000, waitMs: 20_000 },
  listQueue: { length: 200, waitMs: 5_000 },
  lagMs: 500,
};

type Waiting = { since: number; enter(): void; refuse(): void };

/**
 * Lets calls in: those that keep running work alive before lists, and lists never onto the last places. What does not
 * get in soon is refused, oldest first, so that no caller waits until it gives up.
 */
export class Admission {
  private inFlight = 0;
  private listsInFlight = 0;
  private readonly vital = new Queue();
  private readonly lists = new Queue();

  constructor(
    private readonly limits: OverloadLimits,
    private readonly now: () => number,
  ) {}

  /** Resolves when the call may go on, with what to call at its end; `undefined` when it is refused. */
  enter(isVital: boolean, lagMs = 0): { turn: Promise<(() => void) | undefined>; leave(): void } {
    const queue = isVital ? this.vital : this.lists;
    const { length } = isVital ? this.limits.vitalQueue : this.limits.listQueue;
    if (queue.size === 0 && this.hasPlace(isVital, lagMs))
      return { turn: Promise.resolve(this.take(isVital)), leave: () => undefined };
    if (queue.size >= length) return { turn: Promise.resolve(undefined), leave: () => undefined };
    let waiting: Waiting | undefined;
    const turn = new Promise<(() => void) | undefined>((resolve) => {
      waiting = {
        since: this.now(),
        enter: () => resolve(this.take(isVital)),
        refuse: () => resolve(undefined),
      };
      queue.add(waiting);
    });
    return {
      turn,
      leave: () => {
        if (waiting && queue.remove(waiting)) waiting.refuse();
      },
    };
  }

  /** Refuses those that have waited too long and lets in whom there is room for. Called now and then, and at each end. */
  advance(lagMs = 0): void {
    const now = this.now();
    this.vital.dropBefore(now - this.limits.vitalQueue.waitMs);
    this.lists.dropBefore(now - this.limits.listQueue.waitMs);
    while (this.vital.size > 0 && this.hasPlace(true, lagMs)) this.vital.shift()?.enter();
    while (this.vital.size === 0 && this.lists.size > 0 && this.hasPlace(false, lagMs)) this.lists.shift()?.enter();
  }

  private hasPlace(isVital: boolean, lagMs: number): boolean {
    if (this.inFlight >= this.limits.calls) return false;
    if (isVital) return true;
    // One list always goes on, or a loop that lags for another reason would shut them all out.
    if (lagMs > this.limits.lagMs) return this.listsInFlight < 1;
    const isBusy = this.inFlight - this.listsInFlight > this.limits.busy;
    return this.listsInFlight < (isBusy ? this.limits.listsWhenBusy : this.limits.lists);
  }

  private take(isVital: boolean): () => void {
    this.inFlight += 1;
    if (!isVital) this.listsInFlight += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.inFlight -= 1;
      if (!isVital) this.listsInFlight -= 1;
      this.advance();
    };
  }
}

/** First in, first out; leaving from the middle is as cheap. */
class Queue {
  private readonly items = new Set<Waiting>();

  get size(): number {
    return this.items.size;
  }

  add(item: Waiting): void {
    this.items.add(item);
  }

  remove(item: Waiting): boolean {
    return this.items.delete(item);
  }

  shift(): Waiting | undefined {
    const [first] = this.items;
    if (first) this.items.delete(first);
    return first;
  }

  dropBefore(time: number): void {
    for (const item of this.items) {
      if (item.since > time) return;
      this.items.delete(item);
      item.refuse();
    }
  }
}

const LOOK_EVERY_MS = 100;

/** Sheds what is too much with 503 and a time to come back, before a body is read. Sockets and pages pass. */
export function overload(app: FastifyInstance, limits: OverloadLimits = overloadLimits): void {
  const admission = new Admission(limits, () => performance.now());
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  let lagMs = 0;
  const timer = setInterval(() => {
    lagMs = loop.max / 1e6;
    loop.reset();
    admission.advance(lagMs);
  }, LOOK_EVERY_MS);
  timer.unref();
  app.addHook("onClose", async () => {
    clearInterval(timer);
    loop.disable();
  });

  app.decorateRequest("rest", undefined);
  app.addHook("onRequest", async (request, reply) => {
    const { config } = request.routeOptions;
    if (config.vital === undefined || config.free || request.headers.upgrade !== undefined) return;
    const { turn, leave } = admission.enter(config.vital, lagMs);
    reply.raw.once("close", leave);
    const done = await turn;
    reply.raw.off("close", leave);
    if (!done) {
      // Spread, or all who are refused now come back in the same second.
      throw new WeirError("unavailable", "Service Unavailable", {
        retryAfterSeconds: 1 + Math.floor(Math.random() * 4),
      });
    }
    request.rest = done;
    if (reply.raw.destroyed) done();
    else reply.raw.once("close", done);
  });
}
