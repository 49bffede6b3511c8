"use client";

import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { type Place, paths } from "../../paths.ts";

type Crumb = { label: string; href?: string };

/** Account and workspace, as a trail begins. */
export function placeCrumbs(place: Place): Crumb[] {
  return [
    { label: place.account, href: paths.account(place.account) },
    { label: place.workspace, href: paths.workspace(place) },
  ];
}

const never = () => () => {};

/** Where the page is, shown in the bar above it; the last one is the page itself. */
export function Crumbs({ trail }: { trail: Crumb[] }) {
  const bar = useSyncExternalStore(
    never,
    () => document.getElementById("crumbs"),
    () => null,
  );
  if (!bar) return null;
  return createPortal(
    <nav aria-label="Breadcrumbs">
      <ol className="flex min-w-0 items-center gap-1 text-muted">
        {trail.map(({ label, href }, index) => (
          <li key={href ?? label} className="flex min-w-0 items-center gap-1">
            {index > 0 ? <ChevronRight aria-hidden className="size-3.5 shrink-0" /> : null}
            {href ? (
              <Link href={href} className="truncate hover:text-text hover:underline">
                {label}
              </Link>
            ) : (
              <span aria-current="page" className="truncate font-medium text-text">
                {label}
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>,
    bar,
  );
}
