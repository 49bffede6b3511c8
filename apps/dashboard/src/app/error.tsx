"use client";

import { ErrorMessage } from "../ui/error-message.tsx";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main>
      <ErrorMessage requestId={error.digest ?? null} retry={reset} />
    </main>
  );
}
