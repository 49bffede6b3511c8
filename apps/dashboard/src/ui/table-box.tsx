import type { ReactNode } from "react";

/**
 * A card as wide as there is room, in which a wider table scrolls. `relative` keeps what only screen readers are told within
 * it: such text has no place in the flow, and would make the whole page as wide as the table.
 */
export function TableBox({ children }: { children: ReactNode }) {
  return <div className="relative overflow-x-auto rounded-card border border-hairline bg-surface">{children}</div>;
}
