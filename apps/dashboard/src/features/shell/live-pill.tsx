"use client";

import { cn } from "../../ui/cn.ts";
import type { LiveStatus } from "../live/connection.ts";
import { useLiveStatus } from "../live/live-provider.tsx";

const words: Record<LiveStatus, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  paused: "Paused",
  offline: "Offline",
};

/** Whether what is shown is what is. */
export function LivePill() {
  const status = useLiveStatus();
  if (!status) return null;
  const isLive = status === "live";
  return (
    <span
      role="status"
      data-live={status}
      className="inline-flex h-7 items-center gap-1.5 rounded-full border border-hairline px-2.5 text-meta font-medium text-muted"
    >
      <span aria-hidden className={cn("size-2 rounded-full", isLive ? "bg-text" : "border-[1.5px] border-control")} />
      {words[status]}
    </span>
  );
}
