import {
  AlarmClock,
  Ban,
  CalendarClock,
  Check,
  CircleSlash,
  DatabaseZap,
  Hourglass,
  LoaderCircle,
  Lock,
  type LucideIcon,
  Moon,
  OctagonX,
  Pause,
  RotateCw,
  Server,
  StepForward,
  TimerOff,
  TimerReset,
  Undo2,
  Upload,
  ZapOff,
} from "lucide-react";

/** How a state looks: its hue by type, its shape by name, its bar's pattern. */
export type StateLook = { hue: string; icon: LucideIcon; pattern: string };

const byType: Record<string, StateLook> = {
  SCHEDULED: { hue: "scheduled", icon: CalendarClock, pattern: "hollow" },
  PENDING: { hue: "pending", icon: Hourglass, pattern: "dotted" },
  RUNNING: { hue: "running", icon: LoaderCircle, pattern: "open" },
  PAUSED: { hue: "paused", icon: Pause, pattern: "hollow" },
  CANCELLING: { hue: "cancelling", icon: CircleSlash, pattern: "dashed" },
  CANCELLED: { hue: "cancelled", icon: Ban, pattern: "capped" },
  COMPLETED: { hue: "completed", icon: Check, pattern: "solid" },
  FAILED: { hue: "failed", icon: OctagonX, pattern: "solid" },
  CRASHED: { hue: "crashed", icon: ZapOff, pattern: "saw" },
};

const byName: Record<string, Partial<StateLook>> = {
  Late: { hue: "late", icon: AlarmClock },
  AwaitingRetry: { icon: TimerReset },
  AwaitingConcurrencySlot: { icon: Lock },
  Resuming: { icon: StepForward },
  Submitting: { icon: Upload },
  InfrastructurePending: { icon: Server },
  Retrying: { icon: RotateCw, pattern: "striped" },
  Suspended: { icon: Moon },
  Cached: { icon: DatabaseZap, pattern: "hollow" },
  RolledBack: { icon: Undo2 },
  TimedOut: { icon: TimerOff },
};

const unknown: StateLook = { hue: "pending", icon: Hourglass, pattern: "solid" };

/** The look of a state; a name that nobody gave a shape of its own has its type's. */
export function stateLook(type: string, name: string): StateLook {
  return { ...(byType[type] ?? unknown), ...byName[name] };
}

/** `AwaitingConcurrencySlot` → `Awaiting concurrency slot`. */
export function stateWords(name: string): string {
  if (!/^[A-Z][a-z]+(?:[A-Z][a-z]+)+$/.test(name)) return name;
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
