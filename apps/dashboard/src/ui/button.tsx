import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn.ts";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-control text-ui font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      kind: {
        primary: "bg-ink text-on-ink hover:bg-ink/85",
        plain: "border border-control/50 bg-surface text-text hover:bg-sunken",
        quiet: "text-muted hover:bg-sunken hover:text-text",
        danger: "border border-danger/50 bg-surface text-danger hover:bg-danger-tint",
      },
      size: { small: "h-7 px-2", normal: "h-8 px-3", icon: "size-8" },
    },
    defaultVariants: { kind: "plain", size: "normal" },
  },
);

type Props = ComponentProps<"button"> &
  VariantProps<typeof look> & { /** Dresses the child, a link, as a button. */ asChild?: boolean };

/** A button, or a link that looks like one. */
export function Button({ className, kind, size, asChild, type = "button", ...rest }: Props) {
  const Element = asChild ? Slot.Root : "button";
  return <Element {...(asChild ? {} : { type })} className={cn(look({ kind, size }), className)} {...rest} />;
}
