"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ListedApiKey } from "../../server/routers/api-key.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { callError, useTRPC } from "../trpc/client.tsx";

/** Asks before a key is revoked; whatever holds it stops working at once. */
export function RevokeDialog({ apiKey, onClose }: { apiKey: ListedApiKey | undefined; onClose(): void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const revoke = useMutation(
    trpc.apiKey.revoke.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.apiKey.list.queryKey() });
        onClose();
      },
    }),
  );
  return (
    <Dialog
      isOpen={apiKey !== undefined}
      onClose={onClose}
      title={`Revoke ${apiKey?.name ?? "the key"}?`}
      description="Terminals, workers and scripts that use this key are refused within seconds. It cannot be undone."
    >
      {revoke.isError ? (
        <p role="alert" className="rounded-control bg-danger-tint px-3 py-2 text-danger">
          {callError(revoke.error).message}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button autoFocus onClick={onClose}>
          Cancel
        </Button>
        <Button kind="danger" disabled={revoke.isPending} onClick={() => apiKey && revoke.mutate({ id: apiKey.id })}>
          Revoke the key
        </Button>
      </div>
    </Dialog>
  );
}
