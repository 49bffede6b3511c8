import { redirect } from "next/navigation";
import { paths } from "../paths.ts";
import { requireViewer } from "../server/pages.ts";

export default async function HomePage() {
  const { workspaces } = await requireViewer(paths.home());
  const [first] = workspaces;
  redirect(first ? paths.runs({ account: first.accountHandle, workspace: first.workspaceHandle }) : paths.keys());
}
