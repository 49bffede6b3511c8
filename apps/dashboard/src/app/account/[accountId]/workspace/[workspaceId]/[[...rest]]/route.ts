import { parseUuid } from "@weir/contracts";
import { clientLink, paths } from "../../../../../../paths.ts";
import { viewer } from "../../../../../../server/session.ts";

type Context = { params: Promise<{ accountId: string; workspaceId: string; rest?: string[] }> };

/** Links printed by the Python client name accounts and workspaces by id; pages by handle. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { accountId, workspaceId, rest = [] } = await params;
  const { pathname, search } = new URL(request.url);
  const identity = await viewer();
  if (!identity) return moved(307, paths.login(pathname + search));
  const found = identity.workspaces.find(
    (one) => one.workspaceId === parseUuid(workspaceId) && one.accountId === parseUuid(accountId),
  );
  // The page of a workspace that is nobody's is the one that says so.
  if (!found) return moved(307, `/-/not-found`);
  return moved(
    308,
    clientLink(
      { account: found.accountHandle, workspace: found.workspaceHandle },
      rest.map(decodeURIComponent),
      search,
    ),
  );
}

function moved(status: 307 | 308, location: string): Response {
  return new Response(null, { status, headers: { location } });
}
