import { parseUuid } from "@weir/contracts";
import { grantedWorkspace, locateTaskRun, openCtx } from "@weir/operations";
import { notFound, redirect } from "next/navigation";
import { paths } from "../../../../../paths.ts";
import { requirePlace } from "../../../../../server/pages.ts";
import { services } from "../../../../../server/services.ts";
import { reachable } from "../../../../../server/trpc.ts";

type Props = { params: Promise<{ account: string; workspace: string; id: string }> };

/** Task runs have no page of their own yet: the client's links to them lead to the run that holds them. */
export default async function Page({ params }: Props) {
  const { id: given, ...place } = await params;
  const id = parseUuid(given);
  const identity = await requirePlace(place, paths.taskRun(place, given));
  const standing = reachable(identity, place);
  const grant = standing && grantedWorkspace(identity, standing.accountId, standing.workspaceId);
  if (!id || !grant) notFound();
  const located = await locateTaskRun(openCtx(services(), grant), { id }).catch(() => undefined);
  if (!located?.flowRunId) notFound();
  redirect(`${paths.run(place, located.flowRunId)}?tab=tasks`);
}
