import type { ReactNode } from "react";
import { Shell } from "../../features/shell/shell.tsx";
import { paths } from "../../paths.ts";
import { requireViewer, shellOf } from "../../server/pages.ts";

export default async function MeLayout({ children }: { children: ReactNode }) {
  const identity = await requireViewer(paths.keys());
  return <Shell {...shellOf(identity)}>{children}</Shell>;
}
