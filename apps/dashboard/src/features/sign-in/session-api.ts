import { paths } from "../../paths.ts";

const BASE = "/auth/nextauth";

async function csrfToken(): Promise<string> {
  const response = await fetch(`${BASE}/csrf`);
  return ((await response.json()) as { csrfToken: string }).csrfToken;
}

/** Ends the session and shows the sign-in page. */
export async function signOut(): Promise<void> {
  const body = new URLSearchParams({ csrfToken: await csrfToken(), json: "true" });
  await fetch(`${BASE}/signout`, { method: "POST", body });
  window.location.assign(paths.login());
}

/** Why a sign-in failed: wrong, or too often wrong and for how many seconds to wait. */
export type SignInFailure = { kind: "wrong" } | { kind: "throttled"; seconds: number } | { kind: "unreachable" };

/** Signs in by password. `undefined`: done, go on. */
export async function signInByPassword(form: FormData): Promise<SignInFailure | undefined> {
  const body = new URLSearchParams({ json: "true" });
  for (const [name, value] of form) body.set(name, String(value));
  try {
    // The form's own may be out of date: another tab, or a call of a page before this one, has been given another.
    body.set("csrfToken", await csrfToken());
    const response = await fetch(`${BASE}/callback/credentials`, { method: "POST", body });
    const { url } = (await response.json()) as { url: string };
    const told = new URL(url, window.location.href).searchParams;
    if (told.has("csrf")) return { kind: "unreachable" };
    const error = told.get("error");
    return error === null ? undefined : signInFailure(error);
  } catch {
    return { kind: "unreachable" };
  }
}

/** Reads the error that NextAuth puts into an address. */
export function signInFailure(error: string): SignInFailure {
  const throttled = /^throttled-(\d+)$/.exec(error);
  return throttled ? { kind: "throttled", seconds: Number(throttled[1]) } : { kind: "wrong" };
}
