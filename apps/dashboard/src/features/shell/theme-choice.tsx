"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { DropdownMenu } from "radix-ui";
import { menuItem } from "../../ui/menu.ts";

const themes = [
  { value: "system", label: "System theme", icon: Monitor },
  { value: "light", label: "Light theme", icon: Sun },
  { value: "dark", label: "Dark theme", icon: Moon },
];

/** The choice of theme, as items of a menu. */
export function ThemeChoice() {
  const { theme = "system", setTheme } = useTheme();
  return (
    <DropdownMenu.RadioGroup value={theme} onValueChange={setTheme} aria-label="Theme">
      {themes.map(({ value, label, icon: Icon }) => (
        <DropdownMenu.RadioItem
          key={value}
          value={value}
          className={menuItem}
          onSelect={(event) => event.preventDefault()}
        >
          <Icon aria-hidden className="size-4" />
          {label}
          <DropdownMenu.ItemIndicator className="ml-auto text-muted">●</DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
