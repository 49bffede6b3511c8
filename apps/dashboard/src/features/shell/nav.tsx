"use client";

import { Activity, KeyRound } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type Place, paths } from "../../paths.ts";
import { cn } from "../../ui/cn.ts";

/** The sections of the product that exist. */
export function Nav({ place }: { place: Place | undefined }) {
  const pathname = usePathname();
  const sections = [
    ...(place ? [{ href: paths.runs(place), label: "Runs", icon: Activity }] : []),
    { href: paths.keys(), label: "API keys", icon: KeyRound },
  ];
  return (
    <nav aria-label="Sections">
      <ul className="flex gap-0.5 md:flex-col">
        {sections.map(({ href, label, icon: Icon }) => {
          const isHere = pathname === href || pathname.startsWith(`${href}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={isHere ? "page" : undefined}
                className={cn(
                  "flex h-8 items-center gap-2.5 rounded-control px-2.5 text-muted hover:bg-sunken hover:text-text [&_svg]:size-4",
                  isHere && "bg-sunken font-medium text-text",
                )}
              >
                <Icon aria-hidden /> {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
