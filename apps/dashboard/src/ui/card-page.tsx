import type { ReactNode } from "react";
import { Brand } from "./brand.tsx";

/** A page of one card, for those who are not inside yet. */
export function CardPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-start justify-center px-4 pt-[12vh] pb-12">
      <div className="grid w-[min(440px,calc(100vw-2rem))] gap-6">
        <div className="flex items-center gap-2.5 text-section font-semibold">
          <Brand className="size-7" /> Weir
        </div>
        <div className="grid gap-5 rounded-card border border-hairline bg-surface p-6">
          <h1 className="text-page font-semibold">{title}</h1>
          {children}
        </div>
      </div>
    </main>
  );
}
