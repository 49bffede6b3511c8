import Link from "next/link";
import type { ReactNode } from "react";
import { type Place, paths } from "../../paths.ts";
import { Brand } from "../../ui/brand.tsx";
import { LivePill } from "./live-pill.tsx";
import { Nav } from "./nav.tsx";
import { UserMenu } from "./user-menu.tsx";
import { type Choice, WorkspaceSwitcher } from "./workspace-switcher.tsx";
import { ZoneChip } from "./zone-chip.tsx";

type Props = {
  user: { name: string; email: string };
  choices: Choice[];
  /** The workspace that the page belongs to; absent on personal pages. */
  place?: Place;
  children: ReactNode;
};

/** What surrounds every page of someone signed in. */
export function Shell({ user, choices, place, children }: Props) {
  // On personal pages the way back is to the first workspace.
  const home = place ?? choices[0];
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[232px_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only z-30 rounded-control bg-ink px-3 py-2 text-on-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="flex flex-wrap items-center gap-3 border-hairline border-b bg-surface p-3 md:sticky md:top-0 md:h-dvh md:flex-col md:flex-nowrap md:items-stretch md:gap-4 md:border-r md:border-b-0">
        <Link href={paths.home()} className="flex items-center gap-2 px-1 text-section font-semibold">
          <Brand className="size-6" /> Weir
        </Link>
        <WorkspaceSwitcher choices={choices} current={home} />
        <Nav place={home} />
      </header>
      <div className="min-w-0">
        <div className="sticky top-0 z-10 flex h-12 items-center gap-3 border-hairline border-b bg-canvas/90 px-4 backdrop-blur lg:px-6">
          <div id="crumbs" className="min-w-0 flex-1" />
          <LivePill />
          <ZoneChip />
          <UserMenu {...user} />
        </div>
        <main id="main" className="mx-auto max-w-[1600px] p-4 lg:p-6">
          {children}
        </main>
      </div>
    </div>
  );
}
