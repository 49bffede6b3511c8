import { toWire } from "@weir/contracts";
import { deliverTasks, type TaskSubscription } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { asObject, authenticateFrame, close, Frames, type Handshake } from "./handshake.ts";
import { watch } from "./liveness.ts";

/** What clients of this socket know a broken protocol by. */
const VIOLATION = 4001;

/** A worker that says nothing to a task for this long has not taken it. */
const ACK_WITHIN_MS = 20_000;

/** `/task_runs/subscriptions/scheduled`: auth frame, subscribe frame, then one background task after another, each acknowledged. */
export function scheduledTasksRoute(app: FastifyInstance, path: string, handshake: Handshake): void {
  app.route({
    method: "GET",
    url: path,
    handler: (_request, reply) => reply.code(426).send({ detail: "Upgrade to a websocket" }),
    wsHandler: (socket, request) => {
      serve(socket, request, handshake).catch((error: unknown) => {
        request.log.error({ err: error }, "task deliveries");
        socket.close(close.failed, "Try again");
      });
    },
  });
}

async function serve(socket: WebSocket, request: FastifyRequest, handshake: Handshake): Promise<void> {
  watch(socket);
  socket.on("ping", (data) => socket.pong(data));
  const frames = new Frames(socket);
  const grant = await authenticateFrame(handshake, socket, frames, request, "run_tasks");
  if (!grant) return;
  const wanted = readSubscription(asObject((await frames.next()) ?? ""));
  if (typeof wanted === "string") return socket.close(VIOLATION, `Protocol violation: expected ${wanted}`);
  const hand = async (taskRun: Record<string, unknown>) => {
    if (socket.readyState !== socket.OPEN) return false;
    socket.send(toWire(taskRun));
    const answer = await frames.next(ACK_WITHIN_MS);
    const type = answer === undefined ? undefined : asObject(answer)?.type;
    if (type === "ack") return true;
    if (type === "quit") socket.close();
    else socket.close(VIOLATION, "Protocol violation: expected 'ack' message");
    return false;
  };
  const deliveries = await deliverTasks(handshake.services, grant, wanted, hand, () =>
    socket.close(close.failed, "Try again"),
  );
  socket.on("close", () => deliveries.stop());
  if (socket.readyState !== socket.OPEN) deliveries.stop();
}

/** Who wants which tasks, or what the frame lacks. */
function readSubscription(frame: Record<string, unknown> | undefined): TaskSubscription | string {
  if (frame?.type !== "subscribe") return "'subscribe' message";
  const keys = Array.isArray(frame.keys) ? frame.keys.filter((key) => typeof key === "string") : [];
  if (keys.length === 0) return "'keys' in subscribe message";
  const { client_id: clientId } = frame;
  if (typeof clientId !== "string" || clientId === "") return "'client_id' in subscribe message";
  return { keys, clientId };
}
