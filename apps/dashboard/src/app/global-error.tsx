"use client";

import "./globals.css";
import { ErrorMessage } from "../ui/error-message.tsx";

export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main>
          <ErrorMessage requestId={error.digest ?? null} retry={reset} />
        </main>
      </body>
    </html>
  );
}
