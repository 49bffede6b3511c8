import type { TestApi, TestWorkspace } from "@weir/testing";
import { WebSocket } from "ws";

/** A frame, parsed. */
export type Frame = Record<string, unknown> & { type?: string };

/** A test's end of a socket: frames in the order they came, and how it was closed. */
export class SocketClient {
  readonly frames: Frame[] = [];
  readonly pongs: string[] = [];
  /** Code and reason, once it is closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly opened: Promise<void>;
  private readonly wakes = new Set<() => void>();

  constructor(readonly socket: WebSocket) {
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.wake();
    });
    socket.on("pong", (data) => {
      this.pongs.push(String(data));
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    });
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, answer) => reject(new Error(`HTTP ${answer.statusCode}`)));
    });
    this.opened.catch(() => undefined);
  }

  /** As clients in cloud mode connect: the key in a header, no sub-protocol. */
  static async withHeader(api: TestApi, workspace: TestWorkspace, path: string, key = workspace.apiKey) {
    const client = new SocketClient(
      new WebSocket(address(api, workspace, path), { headers: { authorization: `bearer ${key}` } }),
    );
    await client.opened;
    return client;
  }

  /** As clients in server mode and every reader connect: sub-protocol `prefect`; `token` in the first frame. */
  static async withFrame(
    api: TestApi,
    workspace: TestWorkspace,
    path: string,
    token: string | null = workspace.apiKey,
  ): Promise<SocketClient> {
    const client = await SocketClient.unauthenticated(api, workspace, path);
    client.send({ type: "auth", token });
    await client.until(() => client.frames.length > 0);
    if (client.frames.shift()?.type !== "auth_success") throw new Error("not let in");
    return client;
  }

  /** Connected with the sub-protocol; nothing sent yet. */
  static async unauthenticated(api: TestApi, workspace: TestWorkspace, path: string): Promise<SocketClient> {
    const client = new SocketClient(new WebSocket(address(api, workspace, path), ["prefect"]));
    await client.opened;
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Sends a ping and waits for its pong. */
  async confirmed(): Promise<void> {
    const mark = String(Math.random());
    this.socket.ping(mark);
    await this.until(() => this.pongs.includes(mark));
  }

  /** Waits for a condition on what has come; rejects when the socket closes first. */
  async until(holds: () => boolean, withinMs = 15_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!holds()) {
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`the socket was closed: ${JSON.stringify(await this.closed)}`);
      if (Date.now() > deadline)
        throw new Error(`nothing of the kind came: ${JSON.stringify(this.frames).slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wakes.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async end(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  private wake(): void {
    for (const wake of this.wakes) wake();
    this.wakes.clear();
  }
}

function address(api: TestApi, workspace: TestWorkspace, path: string): string {
  return api.workspaceUrl(workspace).replace("http", "ws") + path;
}
