import { parseUuid, WeirError } from "@weir/contracts";
import { grantedWorkspace, openCtx, readFlowRunDetail } from "@weir/operations";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { FlowRunPage } from "../../../../../features/flow-run/flow-run-page.tsx";
import { paths } from "../../../../../paths.ts";
import { requirePlace } from "../../../../../server/pages.ts";
import { services } from "../../../../../server/services.ts";
import { reachable } from "../../../../../server/trpc.ts";

type Props = { params: Promise<{ account: string; workspace: string; id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { workspace, name } = await found(params);
  return { title: `${name} · Runs · ${workspace}` };
}

export default async function Page({ params }: Props) {
  const { id, account, workspace } = await found(params);
  return <FlowRunPage place={{ account, workspace }} id={id} />;
}

/** The run's name, asked for here so that a run that is not there answers 404. */
async function found(params: Props["params"]) {
  const { id: given, ...place } = await params;
  const id = parseUuid(given);
  if (!id) notFound();
  const identity = await requirePlace(place, paths.run(place, id));
  const standing = reachable(identity, place);
  const grant = standing && grantedWorkspace(identity, standing.accountId, standing.workspaceId);
  if (!grant) notFound();
  const run = await readFlowRunDetail(openCtx(services(), grant), { id }).catch((error: unknown) => {
    if (error instanceof WeirError && error.status === 404) notFound();
    throw error;
  });
  return { ...place, id, name: run.name };
}
