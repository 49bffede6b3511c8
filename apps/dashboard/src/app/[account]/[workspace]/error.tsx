"use client";

import { ErrorMessage } from "../../../ui/error-message.tsx";

export default function WorkspaceError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <ErrorMessage requestId={error.digest ?? null} retry={reset} />;
}
