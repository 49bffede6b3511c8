"use client";

import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { useHydrated } from "../../ui/use-hydrated.ts";
import { callError, useTRPC } from "../trpc/client.tsx";
import { answerTerminal } from "./callback.ts";

/** The client waits this long before it gives up. */
const WAIT_SECONDS = 120;

type Props = {
  /** Origin of the terminal's listener, checked. */
  callback: string;
  user: string;
  workspaces: string[];
  keyName: string;
  /** What goes before and after a key to make the login command. */
  command: readonly [before: string, after: string];
};

type Outcome = { kind: "done"; keyName: string } | { kind: "denied" } | { kind: "unreached"; key: string };

/** Approves or denies a terminal that asks to sign in. */
export function CliLogin({ callback, user, workspaces, keyName, command }: Props) {
  const trpc = useTRPC();
  const create = useMutation(trpc.apiKey.createForTerminal.mutationOptions());
  const [outcome, setOutcome] = useState<Outcome>();
  const [isAnswering, setAnswering] = useState(false);
  const seconds = useSecondsLeft(outcome !== undefined);
  const isReady = useHydrated() && !isAnswering && seconds > 0;

  const approve = async () => {
    setAnswering(true);
    try {
      const { key } = await create.mutateAsync({ name: keyName });
      const isTold = await answerTerminal(callback, "success", { api_key: key });
      setOutcome(isTold ? { kind: "done", keyName } : { kind: "unreached", key });
    } catch {
      setAnswering(false); // The error is shown; the terminal still waits.
    }
  };
  const deny = async () => {
    setAnswering(true);
    await answerTerminal(callback, "failure", { reason: "The sign-in was denied in the browser." });
    setOutcome({ kind: "denied" });
  };

  if (outcome) return <Ended outcome={outcome} command={command} workspaces={workspaces} />;
  return (
    <>
      <p className="text-prose text-muted">
        A terminal on this computer asks to sign in as you. Approve it only if you have just started it.
      </p>
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-prose">
        <dt className="text-muted">User</dt>
        <dd>{user}</dd>
        <dt className="text-muted">Workspaces</dt>
        <dd>{workspaces.join(", ") || "none yet"}</dd>
        <dt className="text-muted">New key</dt>
        <dd className="font-mono text-ui">{keyName}</dd>
        <dt className="text-muted">Expires</dt>
        <dd>in 30 days</dd>
        <dt className="text-muted">Sent to</dt>
        <dd className="font-mono text-ui">{callback}</dd>
      </dl>
      {create.isError ? (
        <p role="alert" className="rounded-control bg-danger-tint px-3 py-2 text-danger">
          The key could not be made. {callError(create.error).message}
        </p>
      ) : null}
      <p className="text-muted" role="timer">
        {seconds > 0
          ? `The terminal waits ${seconds} s more.`
          : "The terminal has given up waiting. Start the login there again."}
      </p>
      <div className="flex gap-2">
        <Button kind="primary" className="h-9 flex-1 text-prose" onClick={() => void approve()} disabled={!isReady}>
          {isAnswering ? "Answering the terminal…" : "Approve"}
        </Button>
        <Button className="h-9 flex-1 text-prose" onClick={() => void deny()} disabled={!isReady}>
          Deny
        </Button>
      </div>
      <p className="text-meta text-muted">
        Your browser may ask whether this page may reach this computer: that is how the key gets to the terminal.
      </p>
    </>
  );
}

function Ended({
  outcome,
  command,
  workspaces,
}: {
  outcome: Outcome;
  command: Props["command"];
  workspaces: string[];
}) {
  switch (outcome.kind) {
    case "done":
      return (
        <div role="status" className="grid gap-3">
          <p className="text-prose">Return to your terminal: it is signed in.</p>
          <p className="text-prose text-muted">
            It holds the key <span className="font-mono text-ui text-text">{outcome.keyName}</span> for{" "}
            {workspaces.join(", ") || "your account"}, valid for 30 days. You can revoke it at any time.
          </p>
          <ManageKeys />
        </div>
      );
    case "denied":
      return (
        <p role="status" className="text-prose">
          Denied. No key was made, and the terminal has been told.
        </p>
      );
    case "unreached":
      return (
        <div role="status" className="grid gap-3">
          <p className="text-prose">
            The terminal could not be reached from this page. Paste this into it instead; the key is shown only now.
          </p>
          <CopyField text={`${command[0]}${outcome.key}${command[1]}`} label="Copy the login command" />
          <ManageKeys />
        </div>
      );
  }
}

function ManageKeys() {
  return (
    <Button asChild className="justify-self-start">
      <a href={paths.keys()}>See or revoke your keys</a>
    </Button>
  );
}

function useSecondsLeft(isOver: boolean): number {
  const [seconds, setSeconds] = useState(WAIT_SECONDS);
  useEffect(() => {
    if (isOver) return;
    const end = Date.now() + WAIT_SECONDS * 1000;
    const timer = setInterval(() => setSeconds(Math.max(0, Math.ceil((end - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [isOver]);
  return seconds;
}
