import { redirect } from "next/navigation";
import { paths } from "../../../paths.ts";
import { requirePlace } from "../../../server/pages.ts";

export default async function WorkspacePage({ params }: { params: Promise<{ account: string; workspace: string }> }) {
  const place = await params;
  await requirePlace(place, paths.workspace(place));
  redirect(paths.runs(place));
}
