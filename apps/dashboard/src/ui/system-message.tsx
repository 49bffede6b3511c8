import type { ReactNode } from "react";
import { Button } from "./button.tsx";

type Props = {
  title: string;
  children: ReactNode;
  /** Where the way out leads. */
  home?: string;
  /** Other ways on, before the way out. */
  actions?: ReactNode;
};

/** A whole page that says one thing: what happened and what to do. */
export function SystemMessage({ title, children, home, actions }: Props) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-start gap-3 px-4 py-24">
      <h1 className="text-page font-semibold">{title}</h1>
      <div className="text-prose text-muted">{children}</div>
      <div className="flex gap-2">
        {actions}
        {home ? (
          <Button asChild>
            <a href={home}>Go to your runs</a>
          </Button>
        ) : null}
      </div>
    </div>
  );
}
