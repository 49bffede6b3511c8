import type { ReactNode } from "react";
import { LiveProvider } from "../../../features/live/live-provider.tsx";
import { Shell } from "../../../features/shell/shell.tsx";
import { paths } from "../../../paths.ts";
import { requirePlace, shellOf } from "../../../server/pages.ts";

type Props = { params: Promise<{ account: string; workspace: string }>; children: ReactNode };

export default async function WorkspaceLayout({ params, children }: Props) {
  const place = await params;
  const identity = await requirePlace(place, paths.workspace(place));
  return (
    <LiveProvider place={place}>
      <Shell {...shellOf(identity)} place={place}>
        {children}
      </Shell>
    </LiveProvider>
  );
}
