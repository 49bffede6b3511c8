import { router } from "../trpc.ts";
export const apiKeyRouter = router({});
