import { bearerKey, keyOfAuthString, type WorkspaceGrant, workspaceRoleScopes } from "@weir/auth";
import { parseUuid, WeirError, type WorkspaceScope } from "@weir/contracts";
import { authenticate, authenticateAgain, grantedWorkspace, type Services } from "@weir/operations";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";

/** Close codes that clients act on. Never 1000: a clean close ends their iteration, any other is tried again. */
export const close = { protocol: 1002, refused: 1008, failed: 1011, restarting: 1012, overloaded: 1013 } as const;

const AUTH_WITHIN_MS = 10_000;
/** How often an open socket's key is asked for again: one that was revoked, or lost its role, is closed within this time. */
const GRANT_EVERY_MS = 10_000;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** How sockets let callers in. */
export type Handshake = {
  services: Services;
  /** Who a `null` token is, where anybody on this machine may come in (a local instance); undefined refuses it. */
  anonymous: ((accountId: string, workspaceId: string) => Promise<WorkspaceGrant | undefined>) | undefined;
};

/** Why a socket is closed by what its caller may do, in the words of its protocol. */
export type Refusals = {
  /** The first frame was no auth frame. */
  notAuth: [code: number, reason: string];
  /** Nobody knows the key, or it may not enter the workspace. */
  unknown: string;
  /** Its role lacks the scope, or it did no longer hold while the socket was open. */
  notAllowed: string;
};

const usual: Refusals = {
  notAuth: [close.protocol, "Expected 'auth' message"],
  unknown: "Invalid token",
  notAllowed: "Invalid token",
};

/** The grant of a key on the workspace in the path, or which of the refusals it is. */
async function grantOf(
  { services, anonymous }: Handshake,
  request: FastifyRequest,
  token: string | null,
  scope: WorkspaceScope,
): Promise<WorkspaceGrant | "unknown" | "notAllowed"> {
  const { account_id, workspace_id } = request.params as Record<string, string>;
  const accountId = parseUuid(account_id ?? "");
  const workspaceId = parseUuid(workspace_id ?? "");
  if (accountId === undefined || workspaceId === undefined) return "unknown";
  if (token === null) return (isLocalProgram(request) && (await anonymous?.(accountId, workspaceId))) || "unknown";
  const judge = async (ask: typeof authenticate) => {
    const identity = await ask(services, token, request.headers["user-agent"]);
    return identity && grantedWorkspace(identity, accountId, workspaceId);
  };
  // Another process may have made the workspace since this one last asked.
  const grant = (await judge(authenticate)) ?? (await judge(authenticateAgain));
  if (!grant) return "unknown";
  return workspaceRoleScopes[grant.role].has(scope) ? grant : "notAllowed";
}

/** True for a program on this machine. A browser names the page's origin: any web page could open a socket to loopback. */
function isLocalProgram(request: FastifyRequest): boolean {
  return LOOPBACK.test(request.ip) && request.headers.origin === undefined;
}

/**
 * The grant of the key in an upgrade's `Authorization` header; throws 401 when it has none. A `socket` that is open is closed
 * when the key may no longer be there. Clients before 3.6.14 in server mode send no header: they are whoever a `null` token is.
 */
export async function grantOfHeader(
  handshake: Handshake,
  request: FastifyRequest,
  scope: WorkspaceScope,
  socket?: WebSocket,
): Promise<WorkspaceGrant> {
  const header = request.headers.authorization;
  const key = header === undefined ? null : bearerKey(header);
  if (key === undefined) throw new WeirError("unauthenticated", "Unauthorized");
  const grant = await grantOf(handshake, request, key, scope);
  if (typeof grant === "string") throw new WeirError("unauthenticated", "Unauthorized");
  if (socket) closeWhenRefused(socket, () => grantOf(handshake, request, key, scope), usual);
  return grant;
}

/** Asks for a socket's grant again now and then, and closes it when there is none any more. */
function closeWhenRefused(socket: WebSocket, ask: () => ReturnType<typeof grantOf>, refusals: Refusals): void {
  const judge = (grant: Awaited<ReturnType<typeof grantOf>>) => {
    if (typeof grant === "string") socket.close(close.refused, refusals.notAllowed);
  };
  if (socket.readyState !== socket.OPEN) return;
  // A look-up that fails says nothing of the key.
  const asking = setInterval(() => ask().then(judge, () => undefined), GRANT_EVERY_MS);
  socket.once("close", () => clearInterval(asking));
}

/** True when a client offers the `prefect` sub-protocol, and so sends an auth frame first. */
export function offersProtocol(request: FastifyRequest): boolean {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").some((name) => name.trim() === "prefect");
}

/**
 * Reads the auth frame and answers it; closes the socket and returns `undefined` when it is refused. While the socket is
 * open its key is asked for again now and then, and the socket is closed when that may no longer be there.
 */
export async function authenticateFrame(
  handshake: Handshake,
  socket: WebSocket,
  frames: Frames,
  request: FastifyRequest,
  scope: WorkspaceScope,
  refusals: Refusals = usual,
): Promise<WorkspaceGrant | undefined> {
  const frame = await frames.next(AUTH_WITHIN_MS);
  if (frame === undefined) return undefined;
  const message = asObject(frame);
  if (message?.type !== "auth") {
    socket.close(...refusals.notAuth);
    return undefined;
  }
  const token = typeof message.token === "string" ? (keyOfAuthString(message.token) ?? null) : null;
  const grant = await grantOf(handshake, request, token, scope);
  if (typeof grant === "string") {
    socket.close(close.refused, refusals[grant]);
    return undefined;
  }
  closeWhenRefused(socket, () => grantOf(handshake, request, token, scope), refusals);
  socket.send(JSON.stringify({ type: "auth_success" }));
  return grant;
}

/** A frame's JSON object; `undefined` when it is none. */
export function asObject(frame: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(frame);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Text frames of a socket, one at a time, none lost between two reads. */
export class Frames {
  private readonly arrived: string[] = [];
  private wake: (() => void) | undefined;
  private over = false;

  constructor(private readonly socket: WebSocket) {
    socket.on("message", this.keep);
    socket.on("close", () => {
      this.over = true;
      this.wake?.();
    });
  }

  private readonly keep = (data: unknown): void => {
    this.arrived.push(String(data));
    this.wake?.();
  };

  /** How many frames have come and were not read. */
  get waiting(): number {
    return this.arrived.length;
  }

  /** Ends reading here: what has come and was not read. What comes from now on is the socket's next listener's. */
  handOver(): string[] {
    this.socket.off("message", this.keep);
    return this.arrived.splice(0);
  }

  /** The next frame; `undefined` when the socket closed, or nothing came in time (the socket is then closed). */
  async next(withinMs?: number): Promise<string | undefined> {
    if (this.arrived.length === 0 && !this.over) {
      await new Promise<void>((resolve) => {
        const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
      if (this.arrived.length === 0 && !this.over) this.socket.close(close.refused, "Nothing was sent in time");
    }
    return this.arrived.shift();
  }
}
