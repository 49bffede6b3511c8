import type { WorkspaceGrant } from "@weir/auth";
import { type OutboxPosition, outbox } from "@weir/db";
import type { Services } from "../services.ts";

/** What changed in a workspace: a noun and the keys of its rows. Readers pull the rows they show. */
export type Hint = {
  /** Rises within this process: where a reader that lost its connection goes on from. */
  sequence: number;
  noun: string;
  /** `[id, version]`; task runs with their flow run's id after it, subflow runs with their parent's; `[occurred, id]` of events; flow run ids of logs. */
  keys: unknown[];
};

/** A running subscription. `missed`: hints since the asked sequence are no longer known; read everything anew. */
export type HintSubscription = { stop: () => void; missed: boolean };

/** Hints of one workspace, as they come. */
export type HintListener = (hint: Hint) => void;

type Kept = { workspaceId: string; at: number; hint: Hint };

const EVERY_MS = 100;
const KEPT_MS = 5 * 60_000;
const PAGE = 1_000;

/**
 * Reads the outbox for everybody in this process who listens: one small query each 100 ms while anybody does, none
 * otherwise. Hints of the last five minutes are kept, so that a reader whose connection broke goes on where it was.
 */
class OutboxReader {
  private readonly listeners = new Map<string, Set<HintListener>>();
  private readonly kept: Kept[] = [];
  private position: OutboxPosition | undefined;
  private sequence = 0;
  private timer: NodeJS.Timeout | undefined;
  private reading = false;
  private quietSince = Date.now();

  constructor(private readonly services: Services) {}

  async listen(workspaceId: string, listener: HintListener, after?: number): Promise<HintSubscription> {
    // From here on nothing is missed: the position is known before the caller reads what it shows.
    this.position ??= await outbox(this.services.db).end();
    const known = this.listeners.get(workspaceId) ?? new Set();
    known.add(listener);
    this.listeners.set(workspaceId, known);
    const missed = after !== undefined && !this.replay(workspaceId, listener, after);
    this.start();
    return {
      missed,
      stop: () => {
        known.delete(listener);
        if (known.size === 0) this.listeners.delete(workspaceId);
        this.quietSince = Date.now();
      },
    };
  }

  private replay(workspaceId: string, listener: HintListener, after: number): boolean {
    const oldest = this.kept[0]?.hint.sequence ?? this.sequence + 1;
    if (after > this.sequence || after + 1 < oldest) return false;
    for (const one of this.kept) if (one.workspaceId === workspaceId && one.hint.sequence > after) listener(one.hint);
    return true;
  }

  private start(): void {
    if (this.timer) return;
    this.timer = setInterval(() => void this.read(), EVERY_MS);
    this.timer.unref();
  }

  private async read(): Promise<void> {
    if (this.reading) return;
    // Nobody listens: go on a while for those who come back, then rest. Who comes after that starts afresh.
    if (this.listeners.size === 0 && Date.now() - this.quietSince > KEPT_MS) return this.rest();
    this.reading = true;
    try {
      const table = outbox(this.services.db);
      if (!this.position) return;
      for (;;) {
        const rows = await table.after(this.position, PAGE);
        for (const row of rows) {
          this.position = { tx: row.tx, id: row.id };
          this.sequence += 1;
          this.tell(row.workspace_id, {
            sequence: this.sequence,
            noun: row.noun,
            keys: JSON.parse(row.keys) as unknown[],
          });
        }
        if (rows.length < PAGE) break;
      }
    } catch {
      // The database is away: what happened meanwhile is still in the outbox when it is back.
    } finally {
      this.reading = false;
    }
  }

  private tell(workspaceId: string, hint: Hint): void {
    const now = Date.now();
    this.kept.push({ workspaceId, at: now, hint });
    while (this.kept[0] && now - this.kept[0].at > KEPT_MS) this.kept.shift();
    for (const listener of this.listeners.get(workspaceId) ?? []) listener(hint);
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.position = undefined;
    this.kept.length = 0;
    this.sequence += PAGE;
  }
}

const readers = new WeakMap<Services, OutboxReader>();

/**
 * Calls `listener` for each change in a workspace, within about 100 ms of its commit and never before it. With `after`, the
 * hints since that sequence come first. Once the promise settles nothing is missed; it rejects when the database is away.
 */
export function subscribeHints(
  services: Services,
  grant: Pick<WorkspaceGrant, "workspaceId">,
  listener: HintListener,
  after?: number,
): Promise<HintSubscription> {
  let reader = readers.get(services);
  if (!reader) {
    reader = new OutboxReader(services);
    readers.set(services, reader);
  }
  return reader.listen(grant.workspaceId, listener, after);
}
