import { notFound, redirect } from "next/navigation";
import { paths } from "../../paths.ts";
import { requireViewer } from "../../server/pages.ts";

export default async function AccountPage({ params }: { params: Promise<{ account: string }> }) {
  const { account } = await params;
  const { workspaces } = await requireViewer(paths.account(account));
  const first = workspaces.find((one) => one.accountHandle === account);
  if (!first) notFound();
  redirect(paths.runs({ account, workspace: first.workspaceHandle }));
}
