import { grantedWorkspace } from "@weir/operations";
import { hintStream } from "../../server/live.ts";
import { viewer } from "../../server/session.ts";
import { reachable } from "../../server/trpc.ts";

/** The one stream of a tab: hints of the workspace that it shows. */
export async function GET(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const identity = await viewer();
  if (!identity) return new Response("Sign in again.", { status: 401 });
  const place = { account: searchParams.get("account") ?? "", workspace: searchParams.get("workspace") ?? "" };
  const found = reachable(identity, place);
  const grant = found && grantedWorkspace(identity, found.accountId, found.workspaceId);
  if (!grant) return new Response("Workspace not found", { status: 404 });
  const stream = hintStream(grant, searchParams.get("since") ?? undefined, request.signal);
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      connection: "keep-alive",
    },
  });
}
