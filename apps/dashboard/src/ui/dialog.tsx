"use client";

import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

type Props = { isOpen: boolean; onClose(): void; title: string; description?: ReactNode; children: ReactNode };

/** A dialog over the page, which keeps the focus until it is closed and then gives it back. */
export function Dialog({ isOpen, onClose, title, description, children }: Props) {
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-30 bg-black/40" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          className="fixed top-[15vh] left-1/2 z-30 grid w-[min(520px,calc(100vw-2rem))] -translate-x-1/2 gap-4 rounded-card border border-hairline bg-raised p-5 shadow-black/20 shadow-xl"
        >
          <Radix.Title className="text-section font-semibold">{title}</Radix.Title>
          {description ? (
            <Radix.Description className="-mt-2 text-prose text-muted">{description}</Radix.Description>
          ) : null}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
