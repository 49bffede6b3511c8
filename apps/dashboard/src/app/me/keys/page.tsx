import type { Metadata } from "next";
import { ApiKeysPage } from "../../../features/api-keys/api-keys-page.tsx";
import { paths } from "../../../paths.ts";
import { commands } from "../../../server/commands.ts";
import { requireViewer } from "../../../server/pages.ts";

export const metadata: Metadata = { title: "API keys" };

export default async function Page() {
  const { workspaces } = await requireViewer(paths.keys());
  const [first] = workspaces;
  const place = first && { account: first.accountHandle, workspace: first.workspaceHandle };
  return <ApiKeysPage command={commands().loginWithKey(place)} />;
}
