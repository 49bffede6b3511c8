"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { fieldLabel, textInput } from "../../ui/form.ts";
import { callError, useTRPC } from "../trpc/client.tsx";

const lives = [
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "1 year" },
  { days: 0, label: "Never" },
];

type Props = { isOpen: boolean; onClose(): void; command: readonly [before: string, after: string] };

/** Makes a key and shows it, once: closing the dialog forgets it. */
export function CreateKeyDialog({ isOpen, onClose, command }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const create = useMutation(
    trpc.apiKey.create.mutationOptions({
      gcTime: 0,
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.apiKey.list.queryKey() }),
    }),
  );
  const [days, setDays] = useState(30);
  const close = () => {
    create.reset();
    onClose();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    create.mutate({ name, days: days === 0 ? null : days });
  };

  if (create.data) {
    return (
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title="Your new key"
        description="Copy it now: it is shown only this once."
      >
        <div className="grid gap-1.5">
          <span className={fieldLabel}>Key</span>
          <CopyField text={create.data.key} label="Copy the key" />
        </div>
        <div className="grid gap-1.5">
          <span className={fieldLabel}>Sign a terminal in with it</span>
          <CopyField text={`${command[0]}${create.data.key}${command[1]}`} label="Copy the login command" />
        </div>
        <Button kind="primary" onClick={close} className="justify-self-end">
          Done
        </Button>
      </Dialog>
    );
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title="Create an API key">
      <form onSubmit={submit} className="grid gap-4">
        <label className="grid gap-1.5">
          <span className={fieldLabel}>Name</span>
          <input name="name" className={textInput} required maxLength={200} placeholder="laptop" autoComplete="off" />
        </label>
        <label className="grid gap-1.5">
          <span className={fieldLabel}>Expires</span>
          <select value={days} onChange={(event) => setDays(Number(event.target.value))} className={textInput}>
            {lives.map((life) => (
              <option key={life.days} value={life.days}>
                {life.label}
              </option>
            ))}
          </select>
        </label>
        {create.isError ? (
          <p role="alert" className="rounded-control bg-danger-tint px-3 py-2 text-danger">
            {callError(create.error).message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create the key"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
