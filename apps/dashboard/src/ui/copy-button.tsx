"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { cn } from "./cn.ts";

/** Copies `text`; says so for a moment. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={isCopied ? "Copied" : label}
      title={label}
      className={cn(
        "grid size-6 shrink-0 place-items-center rounded-control text-muted hover:bg-sunken hover:text-text",
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http on another host has no clipboard: the old way still works.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
