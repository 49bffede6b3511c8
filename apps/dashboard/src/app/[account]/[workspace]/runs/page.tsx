import type { Metadata } from "next";
import { RunsPage } from "../../../../features/runs/runs-page.tsx";
import { commands } from "../../../../server/commands.ts";

type Props = { params: Promise<{ account: string; workspace: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Runs · ${(await params).workspace}` };
}

export default async function Page({ params }: Props) {
  const place = await params;
  return <RunsPage place={place} commands={{ login: commands().login(place) }} />;
}
