import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/**
 * A websocket that only says what an events client says: text frames, and pings whose pongs are awaited in order. Frames
 * are masked with zeros, which is a mask all the same, so that sending costs the driver no pass over the bytes.
 */
export class EventSocket {
  private buffer = Buffer.alloc(0);
  private out: Buffer[] = [];
  private texts: ((text: string) => void)[] = [];
  private pongs: { resolve(): void; reject(error: Error): void }[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
      while (this.parse());
    });
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.fail(new Error("socket closed")));
  }

  /** Opens the socket at `url` and signs in with `token`, as the client's `prefect` sub-protocol wants it. */
  static async open(url: string, token: string | null): Promise<EventSocket> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.setNoDelay(true);
    const key = randomBytes(16).toString("base64");
    const upgrade = [
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      `sec-websocket-key: ${key}`,
    ];
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${upgrade.join("\r\n")}\r\nsec-websocket-protocol: prefect\r\n\r\n`,
    );
    const head = await new Promise<Buffer>((resolve, reject) => socket.once("data", resolve).once("error", reject));
    if (!head.toString("latin1").startsWith("HTTP/1.1 101"))
      throw new Error(`no websocket: ${head.toString("latin1").slice(0, 80)}`);
    const opened = new EventSocket(socket);
    opened.send(JSON.stringify({ type: "auth", token }));
    const answer = await new Promise<string>((resolve, reject) => {
      opened.texts.push(resolve);
      opened.pongs.push({ resolve() {}, reject });
      opened.flush();
    });
    opened.pongs.shift();
    if (!answer.includes("auth_success")) throw new Error(`not let in: ${answer}`);
    return opened;
  }

  /** Queues a text frame; `flush` or `ping` puts it on the wire. */
  send(text: string): void {
    const payload = Buffer.from(text);
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 6 : 8);
    head[0] = 0x80 | TEXT;
    if (length < 126) head[1] = 0x80 | length;
    else {
      head[1] = 0x80 | 126;
      head.writeUInt16BE(length, 2);
    }
    this.out.push(head, payload);
  }

  /** Writes what is queued. */
  flush(): void {
    this.socket.write(Buffer.concat(this.out));
    this.out = [];
  }

  /** Writes what is queued and a ping after it; resolves with its pong. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pongs.push({ resolve, reject });
      this.out.push(Buffer.from([0x80 | PING, 0x80, 0, 0, 0, 0]));
      this.flush();
    });
  }

  /** Closes the socket. */
  close(): void {
    this.pongs = [];
    this.socket.destroy();
  }

  private fail(error: Error): void {
    for (const waiting of this.pongs.splice(0)) waiting.reject(error);
  }

  private parse(): boolean {
    const { buffer } = this;
    if (buffer.length < 2) return false;
    const short = (buffer[1] ?? 0) & 0x7f;
    const start = short === 126 ? 4 : 2;
    if (buffer.length < start) return false;
    const end = start + (short === 126 ? buffer.readUInt16BE(2) : short);
    if (buffer.length < end) return false;
    const kind = (buffer[0] ?? 0) & 0xf;
    const payload = buffer.subarray(start, end);
    this.buffer = buffer.subarray(end);
    if (kind === PONG) this.pongs.shift()?.resolve();
    else if (kind === TEXT) this.texts.shift()?.(payload.toString("utf8"));
    else if (kind === PING)
      this.socket.write(Buffer.concat([Buffer.from([0x80 | PONG, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
    else if (kind === CLOSE) this.fail(new Error(`closed by the server: ${payload.subarray(2).toString("utf8")}`));
    return true;
  }
}
