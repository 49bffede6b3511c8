/** What the pill says. */
export type LiveStatus = "connecting" | "live" | "reconnecting" | "paused" | "offline";

/** One change: the noun and its keys, as the server's verbs describe them. */
export type Hint = { noun: string; keys: unknown[] };

type Handlers = {
  onStatus(status: LiveStatus): void;
  onHints(hints: Hint[]): void;
  /** Something may have been missed: read everything again. */
  onReset(): void;
  onServerTime(iso: string): void;
};

const SILENT_MS = 25_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const HIDDEN_MS = 60_000;
/** After so many failures pages also read by themselves. */
const FAILURES_UNTIL_POLL = 3;
const POLL_MS = 5_000;

/**
 * Keeps a stream of hints open: connecting → live → (broken) reconnecting → live. Silence of 25 s counts as broken. A tab
 * that is hidden for a minute closes its stream (paused) and goes on where it was when it is shown again; so does one that
 * has lost its network (offline).
 */
export class LiveConnection {
  private source: EventSource | undefined;
  private lastId: string | undefined;
  private failures = 0;
  private isStopped = false;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private hide: ReturnType<typeof setTimeout> | undefined;
  private readonly poll: ReturnType<typeof setInterval>;

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility);
    window.addEventListener("online", this.onOnline);
    window.addEventListener("offline", this.onOffline);
    this.poll = setInterval(() => {
      if (this.failures >= FAILURES_UNTIL_POLL && !document.hidden && navigator.onLine) handlers.onReset();
    }, POLL_MS);
    this.open();
  }

  /** Closes the stream for good. */
  stop(): void {
    this.isStopped = true;
    this.close();
    clearTimeout(this.hide);
    clearInterval(this.poll);
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("offline", this.onOffline);
  }

  private open(): void {
    if (this.isStopped) return;
    this.close();
    const since = this.lastId === undefined ? "" : `&since=${encodeURIComponent(this.lastId)}`;
    const source = new EventSource(this.url + since);
    this.source = source;
    this.heard();
    source.addEventListener("open", () => this.heard());
    source.addEventListener("beat", (event) => this.onTime(event));
    for (const kind of ["open", "reset"] as const) {
      source.addEventListener(kind, (event) => {
        if (!(event instanceof MessageEvent)) return;
        this.failures = 0;
        this.onTime(event);
        this.handlers.onStatus("live");
        if (kind === "reset") this.handlers.onReset();
      });
    }
    source.addEventListener("hints", (event) => {
      this.heard();
      this.lastId = event.lastEventId;
      this.handlers.onHints(JSON.parse(event.data) as Hint[]);
    });
    source.addEventListener("error", () => this.broken());
  }

  private onTime(event: MessageEvent): void {
    this.heard();
    this.handlers.onServerTime((JSON.parse(event.data) as { now: string }).now);
  }

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.broken(), SILENT_MS);
  }

  private broken(): void {
    if (this.isStopped) return;
    this.close();
    // Without an id to go on from, whatever happened meanwhile must be read.
    this.lastId ??= "none";
    this.failures += 1;
    this.handlers.onStatus(navigator.onLine ? "reconnecting" : "offline");
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    this.retry = setTimeout(() => this.open(), Math.max(100, Math.random() * longest));
  }

  private close(): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.silence);
    clearTimeout(this.retry);
  }

  private readonly onVisibility = () => {
    clearTimeout(this.hide);
    if (document.hidden) {
      this.hide = setTimeout(() => {
        this.close();
        this.lastId ??= "none";
        this.handlers.onStatus("paused");
      }, HIDDEN_MS);
    } else if (!this.source) this.open();
  };

  private readonly onOnline = () => this.open();

  private readonly onOffline = () => {
    this.close();
    this.lastId ??= "none";
    this.handlers.onStatus("offline");
  };
}
