#!/usr/bin/env tsx
/** Writes `.env.example` from the settings that the processes read: `npx tsx scripts/env-example.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { settings as api } from "../apps/api/src/env.ts";
import { settings as background } from "../apps/background/src/env.ts";
import { settings as dashboard } from "../apps/dashboard/src/server/env.ts";
import { root } from "./check/source-files.ts";

/** Where it is written. */
export const ENV_EXAMPLE = ".env.example";

const HEAD = `# Weir's settings. Made by scripts/env-example.ts from what each process reads; do not edit.
# \`npm start\` needs none of them. What is commented out has the value shown, or none.
`;

/** What a schema says of one setting. */
type Setting = {
  description?: string | undefined;
  safeParse(value: unknown): { success: boolean; data?: unknown };
};

const processes = { "The API": api, "Background loops": background, "The dashboard": dashboard };

/** The text of `.env.example`. A setting that several processes read stands once. */
export function envExample(): string {
  const told = new Set<string>();
  let text = HEAD;
  for (const [title, { shape }] of Object.entries(processes)) {
    const lines = Object.entries(shape as Record<string, Setting>).flatMap(([name, setting]) => {
      if (told.has(name)) return [];
      told.add(name);
      const missing = setting.safeParse(undefined);
      const isNeeded = !missing.success;
      const value = missing.data !== undefined ? String(missing.data) : "";
      return [`# ${setting.description ?? ""}`, `${isNeeded ? "" : "# "}${name}=${quoted(value)}`, ""];
    });
    if (lines.length > 0) text += `\n# ── ${title}\n\n${lines.join("\n")}`;
  }
  return text;
}

function quoted(value: string): string {
  return /[\s#"']/.test(value) ? JSON.stringify(value) : value;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(join(root, ENV_EXAMPLE), envExample());
