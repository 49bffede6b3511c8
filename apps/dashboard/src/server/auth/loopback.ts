/**
 * The origin of a terminal that waits for its key: plain http, this machine, a port, and nothing else. `undefined` for
 * everything else, so that a key can never be sent to another machine or page.
 */
export function loopbackCallback(callback: string): string | undefined {
  const match = /^http:\/\/(localhost|127\.0\.0\.1):(\d{1,5})\/?$/.exec(callback);
  const port = Number(match?.[2]);
  return match && port >= 1 && port <= 65_535 ? `http://${match[1]}:${port}` : undefined;
}
