import { router } from "../trpc.ts";
import { apiKeyRouter } from "./api-key.ts";
import { flowRouter } from "./flow.ts";
import { flowRunRouter } from "./flow-run.ts";
import { logRouter } from "./log.ts";

/** Every procedure of the dashboard: doors onto the same verbs as the REST API's. */
export const appRouter = router({ flow: flowRouter, flowRun: flowRunRouter, log: logRouter, apiKey: apiKeyRouter });

/** Its type, for the browser. */
export type AppRouter = typeof appRouter;
