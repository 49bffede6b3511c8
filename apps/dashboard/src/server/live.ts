import type { WorkspaceGrant } from "@weir/auth";
import { type Hint, subscribeHints } from "@weir/operations";
import { services } from "./services.ts";

const BEAT_MS = 15_000;
const GATHER_MS = 50;

/**
 * A stream of server-sent events with a workspace's hints, gathered for a moment so that a busy workspace does not wake
 * the browser for each. Its ids name this process and the hint's sequence; after a break the stream goes on from `lastId`,
 * or says `reset` when it cannot: then the page reads everything again.
 */
export function hintStream(
  grant: WorkspaceGrant,
  lastId: string | undefined,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const process_ = String(process.pid) + String(Math.round(performance.timeOrigin));
  const [knownProcess, sequence] = (lastId ?? "").split("-");
  const after = knownProcess === process_ ? Number(sequence) : undefined;
  let stop = () => {};

  return new ReadableStream({
    async start(controller) {
      let gathered: Hint[] = [];
      let timer: NodeJS.Timeout | undefined;
      const send = (event: string, data: unknown, id?: number) => {
        const head = id === undefined ? "" : `id: ${process_}-${id}\n`;
        controller.enqueue(encoder.encode(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      };
      const flush = () => {
        timer = undefined;
        const hints = gathered;
        gathered = [];
        send(
          "hints",
          hints.map(({ noun, keys }) => ({ noun, keys })),
          hints.at(-1)?.sequence,
        );
      };
      const beat = setInterval(() => send("beat", { now: new Date().toISOString() }), BEAT_MS);
      let unsubscribe = () => {};
      let isOver = false;
      stop = () => {
        if (isOver) return;
        isOver = true;
        clearInterval(beat);
        clearTimeout(timer);
        unsubscribe();
        try {
          controller.close();
        } catch {
          // The reader has gone already.
        }
      };
      signal.addEventListener("abort", stop);
      try {
        const subscription = await subscribeHints(
          services(),
          grant,
          (hint) => {
            if (isOver) return;
            gathered.push(hint);
            timer ??= setTimeout(flush, GATHER_MS);
          },
          after,
        );
        unsubscribe = subscription.stop;
        if (isOver) return subscription.stop();
        send(lastId !== undefined && (after === undefined || subscription.missed) ? "reset" : "open", {
          now: new Date().toISOString(),
        });
      } catch {
        stop(); // The database is away; the browser comes back.
      }
    },
    cancel: () => stop(),
  });
}
