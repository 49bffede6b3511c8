"use client";

import { Check, ChevronsUpDown } from "lucide-react";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import { paths } from "../../paths.ts";
import { menuBox, menuItem, menuLabel } from "../../ui/menu.ts";

/** A workspace that may be entered. */
export type Choice = { account: string; accountName: string; workspace: string; workspaceName: string };

type Props = { choices: Choice[]; current: { account: string; workspace: string } | undefined };

/** The workspace that is shown, and the way to any other, by account. */
export function WorkspaceSwitcher({ choices, current }: Props) {
  const shown = choices.find((one) => one.account === current?.account && one.workspace === current.workspace);
  const accounts = [...new Set(choices.map((one) => one.account))];
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={
          shown ? `Workspace ${shown.workspaceName} of ${shown.accountName}. Switch workspace` : "Choose a workspace"
        }
        className="flex w-full items-center gap-2 rounded-control border border-control/40 bg-surface px-2.5 py-1.5 text-left hover:bg-sunken"
      >
        <span className="min-w-0 flex-1">
          <span className="block truncate text-caption text-muted">{shown?.accountName ?? "Weir"}</span>
          <span className="block truncate font-medium">{shown?.workspaceName ?? "Choose a workspace"}</span>
        </span>
        <ChevronsUpDown aria-hidden className="size-4 text-muted" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          className={`${menuBox} w-(--radix-dropdown-menu-trigger-width)`}
        >
          {accounts.map((account) => (
            <DropdownMenu.Group key={account}>
              <DropdownMenu.Label className={menuLabel}>
                {choices.find((one) => one.account === account)?.accountName}
              </DropdownMenu.Label>
              {choices
                .filter((one) => one.account === account)
                .map((one) => (
                  <DropdownMenu.Item key={one.workspace} asChild>
                    <Link href={paths.runs(one)} className={menuItem}>
                      <span className="truncate">{one.workspaceName}</span>
                      {one === shown ? <Check aria-label="shown now" className="ml-auto size-4" /> : null}
                    </Link>
                  </DropdownMenu.Item>
                ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
