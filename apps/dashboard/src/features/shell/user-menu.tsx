"use client";

import { KeyRound, LogOut } from "lucide-react";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import { paths } from "../../paths.ts";
import { menuBox, menuItem } from "../../ui/menu.ts";
import { signOut } from "../sign-in/session-api.ts";
import { ThemeChoice } from "./theme-choice.tsx";

/** Who is signed in, with theme, keys and the way out. */
export function UserMenu({ name, email }: { name: string; email: string }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={`Your menu, ${email}`}
        className="grid size-8 place-items-center rounded-full border border-control/50 bg-surface text-meta font-semibold hover:bg-sunken"
      >
        {initials(name)}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuBox}>
          <div className="px-2 py-1.5">
            <div className="font-medium">{name}</div>
            <div className="text-meta text-muted">{email}</div>
          </div>
          <DropdownMenu.Separator className="my-1 h-px bg-hairline" />
          <ThemeChoice />
          <DropdownMenu.Separator className="my-1 h-px bg-hairline" />
          <DropdownMenu.Item asChild>
            <Link href={paths.keys()} className={menuItem}>
              <KeyRound aria-hidden className="size-4" /> API keys
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={menuItem} onSelect={() => void signOut()}>
            <LogOut aria-hidden className="size-4" /> Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function initials(name: string): string {
  const letters = name.split(/\s+/).map((word) => word[0] ?? "");
  return `${letters[0] ?? ""}${letters.length > 1 ? (letters.at(-1) ?? "") : ""}`.toUpperCase() || "?";
}
