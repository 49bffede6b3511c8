import type { Services } from "@weir/operations";
import Fastify, { type FastifyInstance } from "fastify";
import { parseBody } from "./json-body.ts";
import { answerErrors } from "./plugins/errors.ts";
import { flowRunRoutes } from "./routes/flow-runs.ts";
import { flowRoutes } from "./routes/flows.ts";

/** How the API is set up; everything else comes from `services`. */
export type AppOptions = { logLevel?: string };

/** Largest body in bytes: a batch of logs is up to 4 MB, and the public limit is 5 MiB. */
const MAX_BODY_BYTES = 5_242_880;

/** Builds the API: routes onto verbs, errors in the wire's shape, bodies that keep users' documents as text. */
export async function buildApp(services: Services, options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    logger: options.logLevel && options.logLevel !== "silent" ? { level: options.logLevel } : false,
    bodyLimit: MAX_BODY_BYTES,
    // Clients keep idle connections for 25 s; ours must live longer, or a reused one is closed under their request.
    keepAliveTimeout: 75_000,
    disableRequestLogging: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 5_000 },
  });
  readBodies(app);
  answerErrors(app);
  flowRoutes(app, services);
  flowRunRoutes(app, services);
  return app;
}

/** Bodies are JSON whatever their type says (older clients send none), an empty one is none at all. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("*", { parseAs: "string" }, (request, body, done) => {
    const type = request.headers["content-type"];
    if (body === "") return done(null, undefined);
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
