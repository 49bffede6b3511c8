import type { ReactNode } from "react";
import { cn } from "./cn.ts";
import { stateLook, stateWords } from "./state.ts";

type Props = {
  type: string;
  name: string;
  /** What follows the word, as "+4m" of a late run. */
  suffix?: ReactNode;
  /** The shape of a running state turns: in the header of a page only, one at a time. */
  isMoving?: boolean;
  size?: "normal" | "large";
};

/** A state by shape, word and colour. */
export function StateBadge({ type, name, suffix, isMoving = false, size = "normal" }: Props) {
  const { hue, icon: Icon } = stateLook(type, name);
  const turns = isMoving && type === "RUNNING";
  return (
    <span
      data-hue={hue}
      className={cn(
        "inline-flex items-center gap-1.5 rounded-control bg-(--tint) font-medium whitespace-nowrap text-(--on-tint)",
        size === "large" ? "h-7 px-2.5 text-prose" : "h-[22px] px-2 text-meta",
      )}
    >
      <Icon
        aria-hidden
        className={cn(size === "large" ? "size-4" : "size-3.5", turns && "turning")}
        strokeWidth={2.25}
      />
      {stateWords(name)}
      {suffix ? <span className="font-normal">{suffix}</span> : null}
    </span>
  );
}
