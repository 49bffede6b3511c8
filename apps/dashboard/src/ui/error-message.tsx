"use client";

import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { SystemMessage } from "./system-message.tsx";

type Props = {
  title?: string;
  message?: string;
  /** Under which the server has logged it. */
  requestId: string | null;
  retry: () => void;
};

/** A page or panel that could not be drawn. */
export function ErrorMessage({ title = "Something went wrong", message, requestId, retry }: Props) {
  return (
    <div role="alert">
      <SystemMessage
        title={title}
        actions={
          <Button kind="primary" onClick={retry}>
            Try again
          </Button>
        }
      >
        <p>
          {message ??
            "This part of the page could not be drawn. Nothing was changed, and the rest of Weir still works."}
        </p>
        {requestId ? (
          <p className="mt-2 flex items-center gap-1 font-mono text-meta">
            Request {requestId} <CopyButton text={requestId} label="Copy the request id" />
          </p>
        ) : null}
      </SystemMessage>
    </div>
  );
}
