"use client";

import { useNow } from "./clock.ts";
import { formatDuration, formatLateness, formatMoment, formatRelative } from "./time.ts";

/** An instant, relative under seven days; hover and copy give the absolute one. Nothing until the browser's zone is known. */
export function TimeStamp({ iso, isAbsolute = false }: { iso: string; isAbsolute?: boolean }) {
  const now = useNow();
  const at = Date.parse(iso);
  const words = now === 0 ? "" : isAbsolute ? formatMoment(at) : formatRelative(at, now);
  return (
    <time dateTime={iso} title={now === 0 ? undefined : `${formatMoment(at)} · ${iso}`} className="whitespace-nowrap">
      {words}
    </time>
  );
}

type DurationProps = {
  /** Seconds already spent. */
  seconds: number;
  /** When the stretch that lasts began; absent when nothing lasts. */
  since?: string | undefined;
};

/** A duration that goes on while its run does. */
export function Duration({ seconds, since }: DurationProps) {
  const now = useNow();
  const lasting = since && now > 0 ? Math.max(0, (now - Date.parse(since)) / 1000) : 0;
  return <span className="whitespace-nowrap tabular-nums">{formatDuration(seconds + lasting)}</span>;
}

/** How late something is that has not begun yet: it grows while nothing happens. */
export function Lateness({ since }: { since: string }) {
  const now = useNow();
  const seconds = (now - Date.parse(since)) / 1000;
  return now === 0 || seconds < 1 ? null : <span className="tabular-nums">{formatLateness(seconds)}</span>;
}
