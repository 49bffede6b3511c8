import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { object, parse } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { plainLines, scrubWith } from "./observe/scrub.ts";

/** Events that a program and the command line emit, as whoever streams them sees them, and as they are read in pages. */
async function play(client: Client) {
  const stream = client.startPrefect(["events", "stream", "--format", "text"]);
  const streamed = () =>
    stream
      .output()
      .split("\n")
      .filter((line) => line.includes(" clients."));
  const emit = ["events", "emit", "clients.by-hand", "--resource-id", "clients.hand", "--payload", '{"fingers": 5}'];
  try {
    // What is emitted before the stream is there comes too: it begins a minute ago.
    const emitted = await client.ok(emit);
    await until("the stream to tell of the first event", () => streamed().length > 0, 60_000);
    const { code, stdout, stderr } = await client.python("events.py", ["emit"]);
    if (code !== 0) throw new Error(stdout + stderr);
    await until("the stream to tell of every event", () => streamed().length >= 61, 60_000);
    const read = await until("every event to be readable", async () => {
      const { stdout: told } = await client.python("events.py", ["read"]);
      const pages = object(parse(told));
      return pages.total === 60 && pages;
    });
    return {
      "events emit": plainLines(emitted, scrubWith()),
      "events stream": streamed().map((line) => line.replace(/^\S+ /, "")),
      pages: read,
    };
  } finally {
    await stream.stop("SIGKILL");
  }
}

comparedWithPeer({ name: "events", play, sections: ["events emit", "events stream", "pages"] });
