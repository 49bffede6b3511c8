/** `840 ms`, `12.4 s`, `3m 12s`, `2h 05m`, `3d 4h`; `–` when it is not known. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const length = Math.max(0, seconds);
  if (length < 0.9995) return `${Math.round(length * 1000)} ms`;
  if (length < 59.95) return `${length.toFixed(1)} s`;
  const whole = Math.floor(length + 0.05);
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${String(minutes).padStart(2, "0")}m`;
  return `${minutes}m ${String(whole % 60).padStart(2, "0")}s`;
}

/** A mark on an axis: as a duration, but `15 s` for a whole number of seconds. */
export function formatMark(seconds: number): string {
  return Number.isInteger(seconds) && seconds < 60 ? `${seconds} s` : formatDuration(seconds);
}

/** `+4m`, `+12s`: how late, in one unit. */
export function formatLateness(seconds: number): string {
  if (seconds < 60) return `+${Math.floor(seconds)}s`;
  if (seconds < 3600) return `+${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `+${Math.floor(seconds / 3600)}h`;
  return `+${Math.floor(seconds / 86_400)}d`;
}

/** `12 s ago`, `in 3 min`; a date after seven days. Milliseconds since the epoch. */
export function formatRelative(atMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - atMs) / 1000);
  const size = Math.abs(seconds);
  if (size >= 7 * 86_400) return formatDate(atMs);
  const words =
    size < 5
      ? ""
      : size < 60
        ? `${size} s`
        : size < 3600
          ? `${Math.floor(size / 60)} min`
          : size < 86_400
            ? `${Math.floor(size / 3600)} h`
            : `${Math.floor(size / 86_400)} d`;
  if (words === "") return "now";
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

const dates = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const moments = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});
const clocks = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

/** `24 Nov 2026`. */
function formatDate(ms: number): string {
  return dates.format(ms);
}

/** `24 Nov 2026, 14:03:22 UTC`, in the browser's zone. */
export function formatMoment(ms: number): string {
  return moments.format(ms);
}

/** `14:03:22.123`. */
export function formatClock(ms: number): string {
  return clocks.format(ms);
}

/** The browser's zone and its offset now: `Europe/Paris, UTC+1`. */
export function zoneName(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offset = -new Date().getTimezoneOffset();
  const hours = Math.trunc(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const sign = offset < 0 ? "−" : "+";
  return zone === "UTC" ? "UTC" : `${zone}, UTC${sign}${hours}${minutes ? `:${String(minutes).padStart(2, "0")}` : ""}`;
}
