import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { Caller, kill9, until } from "./harness.ts";

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

/** What watches for cancellations, as the stock client's: it asks from a minute back, and comes again when it is cut off. */
class Observer {
  /** Runs that it was told to cancel. */
  readonly told = new Set<string>();
  isListening = false;
  private socket: WebSocket | undefined;

  connect(): void {
    const socket = new WebSocket(`${caller.url.replace("http", "ws")}/events/out`, ["prefect"]);
    this.socket = socket;
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: weir.apiKey })));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isListening = false;
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as { type: string; event?: { resource: Record<string, string> } };
      if (frame.type === "auth_success") {
        const occurred = { since: new Date(Date.now() - 60_000).toISOString(), until: "2100-01-01T00:00:00Z" };
        const filter = { occurred, event: { name: ["prefect.flow-run.Cancelling"] } };
        socket.send(JSON.stringify({ type: "filter", filter }));
        this.isListening = true;
      }
      const id = frame.event?.resource["prefect.resource.id"];
      if (id) this.told.add(id.replace("prefect.flow-run.", ""));
    });
  }

  close(): void {
    this.socket?.terminate();
  }
}

/**
 * PrefectHQ/prefect#18840. Of eight cancellations that Prefect's server 3.8.8 had acknowledged when it was killed, an observer
 * that came back was told of none, and the runs stayed Cancelling; of those 8 s before its death, of all.
 */
test("an observer that comes back after the API was killed is told of every cancellation that it was not there for", async () => {
  const flowId = await caller.newFlow();
  const runs = await Promise.all(Array.from({ length: 12 }, () => caller.newFlowRun(flowId)));
  await Promise.all(runs.map((id) => caller.propose(id, "RUNNING")));
  const observer = new Observer();
  observer.connect();
  await until("the observer listens", () => observer.isListening);
  const cancel = async (ids: string[]) => {
    for (const id of ids) expect((await caller.propose(id, "CANCELLING")).body.status).toMatch(/ACCEPT|REJECT/);
  };
  await cancel(runs.slice(0, 4));
  const cancelling = cancel(runs.slice(4, 8));
  await kill9(weir.api);
  await weir.restartApi();
  await cancelling;
  await cancel(runs.slice(8));
  await until("the observer knows that it was cut off", () => !observer.isListening);
  observer.connect();
  await until("it was told of every cancellation", () => runs.every((id) => observer.told.has(id)), 30_000);
  observer.close();
});
