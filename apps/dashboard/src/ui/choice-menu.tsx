"use client";

import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { menuBox, menuItem } from "./menu.ts";

type Choice<Value extends string> = { value: Value; label: string; mark?: ReactNode };

type Props<Value extends string> = {
  label: string;
  choices: readonly Choice<Value>[];
  chosen: readonly Value[];
  onChange(chosen: Value[]): void;
};

/** A filter of which several values may be chosen at once; it says which are. */
export function ChoiceMenu<Value extends string>({ label, choices, chosen, onChange }: Props<Value>) {
  const names = choices.filter(({ value }) => chosen.includes(value)).map((choice) => choice.label);
  const shown =
    names.length === 0
      ? label
      : `${label}: ${names.slice(0, 2).join(", ")}${names.length > 2 ? ` +${names.length - 2}` : ""}`;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button className={names.length > 0 ? "border-text/60 bg-sunken" : ""}>
          {shown} <ChevronDown aria-hidden className="text-muted" />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="start" sideOffset={4} className={`${menuBox} max-h-96 overflow-y-auto`}>
          {choices.length === 0 ? <p className="px-2 py-1.5 text-muted">Nothing to choose yet</p> : null}
          {choices.map(({ value, label: words, mark }) => (
            <DropdownMenu.CheckboxItem
              key={value}
              checked={chosen.includes(value)}
              onCheckedChange={(isOn) => onChange(isOn ? [...chosen, value] : chosen.filter((one) => one !== value))}
              onSelect={(event) => event.preventDefault()}
              className={menuItem}
            >
              {mark}
              <span className="truncate">{words}</span>
              <DropdownMenu.ItemIndicator className="ml-auto">
                <Check aria-hidden className="size-4" />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
