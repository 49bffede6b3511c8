"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorMessage } from "../../ui/error-message.tsx";
import { Crumbs } from "../shell/crumbs.tsx";
import { callError, useTRPC } from "../trpc/client.tsx";
import { ApiKeyTable } from "./api-key-table.tsx";
import { CreateKeyDialog } from "./create-key-dialog.tsx";

/** A user's own keys. */
export function ApiKeysPage({ command }: { command: readonly [before: string, after: string] }) {
  const trpc = useTRPC();
  const [isCreating, setCreating] = useState(false);
  const keys = useQuery(trpc.apiKey.list.queryOptions());
  return (
    <div className="grid gap-4">
      <Crumbs trail={[{ label: "You" }, { label: "API keys" }]} />
      <div className="flex flex-wrap items-center gap-3">
        <div className="mr-auto">
          <h1 className="text-page font-semibold">API keys</h1>
          <p className="text-muted">Keys act as you, in every workspace that you may enter.</p>
        </div>
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden /> Create a key
        </Button>
      </div>
      {keys.isError ? (
        <ErrorMessage title="The keys could not be read" {...callError(keys.error)} retry={() => void keys.refetch()} />
      ) : keys.data?.length === 0 ? (
        <p className="rounded-card border border-hairline border-dashed px-4 py-6 text-muted">
          You have no keys. Create one, or run <code className="font-mono">prefect cloud login</code>, which makes its
          own.
        </p>
      ) : keys.data ? (
        <ApiKeyTable keys={keys.data} />
      ) : (
        <div aria-hidden className="skeleton h-40" />
      )}
      <CreateKeyDialog isOpen={isCreating} onClose={() => setCreating(false)} command={command} />
    </div>
  );
}
