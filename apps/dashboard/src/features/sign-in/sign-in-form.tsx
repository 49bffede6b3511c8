"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { fieldLabel, textInput } from "../../ui/form.ts";
import { type SignInFailure, signInByPassword } from "./session-api.ts";

type Props = {
  csrfToken: string;
  /** Where to go once signed in, a path of this origin. */
  next: string;
  /** Why the last try failed, when the form was posted before its script ran. */
  failure?: SignInFailure | undefined;
};

/** Sign-in by password. A plain form, which works before its script has loaded. */
export function SignInForm({ csrfToken, next, failure: first }: Props) {
  const [failure, setFailure] = useState(first);
  const [isBusy, setBusy] = useState(false);
  const seconds = useCountdown(failure);
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy || seconds > 0) return;
    setBusy(true);
    const failed = await signInByPassword(new FormData(event.currentTarget));
    if (!failed) return window.location.assign(next);
    setBusy(false);
    setFailure(failed);
    password.current?.select();
  };

  const message = messageOf(failure, seconds);
  return (
    <form
      method="post"
      action="/auth/nextauth/callback/credentials"
      onSubmit={(event) => void submit(event)}
      className="grid gap-4"
    >
      <input type="hidden" name="csrfToken" value={csrfToken} />
      <input type="hidden" name="callbackUrl" value={next} />
      <label className="grid gap-1.5">
        <span className={fieldLabel}>Email</span>
        <input className={textInput} type="email" name="email" autoComplete="username" required />
      </label>
      <label className="grid gap-1.5">
        <span className={fieldLabel}>Password</span>
        <input
          ref={password}
          className={textInput}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          aria-invalid={failure?.kind === "wrong" || undefined}
          aria-describedby={message ? "sign-in-failure" : undefined}
        />
      </label>
      {message ? (
        <p id="sign-in-failure" role="alert" className="rounded-control bg-danger-tint px-3 py-2 text-danger">
          {message}
        </p>
      ) : null}
      <Button kind="primary" type="submit" className="h-9 w-full text-prose" disabled={isBusy || seconds > 0}>
        {isBusy ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}

function messageOf(failure: SignInFailure | undefined, seconds: number): string | undefined {
  switch (failure?.kind) {
    case "wrong":
      return "Email or password is wrong.";
    case "throttled":
      return seconds > 0 ? `Too many failed attempts. Try again in ${seconds} s.` : undefined;
    case "unreachable":
      return "Weir cannot be reached. Check your connection and try again.";
    default:
      return undefined;
  }
}

/** Seconds that a throttled sign-in must still wait. */
function useCountdown(failure: SignInFailure | undefined): number {
  const [seconds, setSeconds] = useState(failure?.kind === "throttled" ? failure.seconds : 0);
  useEffect(() => {
    if (failure?.kind !== "throttled") return setSeconds(0);
    const end = Date.now() + failure.seconds * 1000;
    const tick = () => setSeconds(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [failure]);
  return seconds;
}
