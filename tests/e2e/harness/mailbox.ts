import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** A mail server that keeps what it is sent: `smtpUrl` takes mail, `url`/<address> tells the texts sent there as JSON. */
export type Mailbox = { smtpUrl: string; url: string };

/** Opens a mailbox for every address. */
export async function openMailbox(): Promise<Mailbox> {
  const kept = new Map<string, string[]>();
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const text = unquoted(Buffer.concat(chunks).toString("utf8"));
        for (const { address } of envelope.rcptTo) kept.set(address, [...(kept.get(address) ?? []), text]);
        done();
      });
    },
  });
  const smtpPort = await new Promise<number>((resolve) => {
    const server = smtp.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  const http = createServer((request, response) => {
    response.end(JSON.stringify(kept.get(decodeURIComponent(request.url?.slice(1) ?? "")) ?? []));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return { smtpUrl: `smtp://127.0.0.1:${smtpPort}`, url: `http://127.0.0.1:${port}` };
}

/** Text without the quoting that mail is sent in: long lines were broken, `=` and what is not ASCII written as hex. */
function unquoted(text: string): string {
  return text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
