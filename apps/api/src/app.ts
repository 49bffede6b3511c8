import websocket from "@fastify/websocket";
import type { Services } from "@weir/operations";
import Fastify, { type FastifyInstance } from "fastify";
import { parseBody } from "./json-body.ts";
import { closeSockets, shutDoor } from "./live/liveness.ts";
import { sockets } from "./live/sockets.ts";
import { answerEarlyError, answerErrors } from "./plugins/errors.ts";
import { frontDoor } from "./plugins/front-door.ts";
import { openApi } from "./plugins/openapi.ts";
import { type OverloadLimits, overload } from "./plugins/overload.ts";
import { rateLimit } from "./plugins/rate-limit.ts";
import { type RateLimitOptions, RateLimits } from "./rate-limit/rate-limits.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { artifactRoutes } from "./routes/artifacts.ts";
import { automationRoutes } from "./routes/automations.ts";
import { collectionRoutes } from "./routes/collections.ts";
import { concurrencyRoutes } from "./routes/concurrency.ts";
import { deploymentRoutes } from "./routes/deployments.ts";
import { eventRoutes } from "./routes/events.ts";
import { flowRunRoutes } from "./routes/flow-runs.ts";
import { flowRoutes } from "./routes/flows.ts";
import { logRoutes } from "./routes/logs.ts";
import { meRoutes } from "./routes/me.ts";
import { systemRoutes } from "./routes/system.ts";
import { taskRunRoutes } from "./routes/task-runs.ts";
import { uiRoutes } from "./routes/ui.ts";
import { variableRoutes } from "./routes/variables.ts";
import { workPoolRoutes } from "./routes/work-pools.ts";
import { workQueueRoutes } from "./routes/work-queues.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The body as it came, for documents that must stay as they were sent. */
    bodyText: string | undefined;
  }
  interface FastifyContextConfig {
    /** Calls that keep running work alive go before lists when there is too much to do. */
    vital?: boolean;
    /** The body is taken, whatever it is, and not read. */
    opaqueBody?: boolean;
  }
}

/** How the API is set up; everything else comes from `services`. */
export type AppOptions = {
  logLevel?: string;
  /** Sockets from this machine may come in without a key: only on a local instance that nobody else can reach. */
  trustLoopback?: boolean;
  /** Where the dashboard listens; nothing is forwarded when absent. */
  dashboardOrigin?: string;
  /** Allowances per account; none when absent. */
  limits?: Omit<RateLimitOptions, "warn">;
  /** How much is done at once; the usual when absent. */
  overload?: OverloadLimits;
};

/** Largest body in bytes: a batch of logs is up to 4 MB, and the public limit is 5 MiB. */
const MAX_BODY_BYTES = 5_242_880;

/** Builds the API: routes onto verbs, errors in the wire's shape, bodies that keep users' documents as text. */
export async function buildApp(services: Services, options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    logger: options.logLevel && options.logLevel !== "silent" ? { level: options.logLevel } : false,
    bodyLimit: MAX_BODY_BYTES,
    frameworkErrors: answerEarlyError,
    // Clients keep idle connections for 25 s; ours must live longer, or a reused one is closed under their request.
    keepAliveTimeout: 75_000,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 5_000 },
  });
  readBodies(app);
  answerErrors(app);
  overload(app, options.overload);
  rateLimit(app, await openLimits(app, options.limits));
  let shut: Promise<void> | undefined;
  // Who was let in before is answered; a connection that is kept for more calls would keep the process for its whole time-out.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (shut) reply.header("connection", "close");
    done();
  });
  await app.register(websocket, {
    // The plugin's own closes them as if nothing more would come, and clients would not come back.
    preClose: (done) => {
      shut = shutDoor(app.server);
      void closeSockets(app.websocketServer.clients).then(() => done());
    },
    options: {
      // A pong is a promise that what came before is stored: each socket answers its own pings.
      autoPong: false,
      maxPayload: 4_194_304,
      handleProtocols: (offered) => (offered.has("prefect") ? "prefect" : false),
    },
  });
  systemRoutes(app, services);
  meRoutes(app, services);
  apiKeyRoutes(app, services);
  accountRoutes(app, services);
  collectionRoutes(app, services);
  concurrencyRoutes(app, services);
  automationRoutes(app, services);
  flowRoutes(app, services);
  flowRunRoutes(app, services);
  taskRunRoutes(app, services);
  logRoutes(app, services);
  eventRoutes(app, services);
  artifactRoutes(app, services);
  variableRoutes(app, services);
  deploymentRoutes(app, services);
  workPoolRoutes(app, services);
  workQueueRoutes(app, services);
  uiRoutes(app, services);
  sockets(app, services, options.trustLoopback ?? false);
  openApi(app);
  if (options.dashboardOrigin) await frontDoor(app, options.dashboardOrigin);
  // The last to be added is the first to be waited for: what calls need is still there.
  app.addHook("onClose", () => shut);
  return app;
}

function openLimits(app: FastifyInstance, limits: AppOptions["limits"]): Promise<RateLimits | undefined> {
  const warn = (error: unknown) => app.log.warn({ err: error }, "rate limits are not kept: their counters are away");
  return limits ? RateLimits.open({ ...limits, warn }) : Promise.resolve(undefined);
}

/** Bodies are JSON whatever their type says (older clients send none), an empty one is none at all. */
function readBodies(app: FastifyInstance): void {
  app.decorateRequest("bodyText", undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("*", { parseAs: "string" }, (request, body, done) => {
    const type = request.headers["content-type"];
    if (body === "" || request.routeOptions.config.opaqueBody) return done(null, undefined);
    request.bodyText = body;
    if (type !== undefined && !/json|text\/plain|octet-stream/i.test(type)) {
      return done(Object.assign(new Error("unsupported"), { statusCode: 415 }));
    }
    try {
      done(null, parseBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
}
