import { createHash, randomBytes } from "node:crypto";
import { env, isSecure } from "../env.ts";

/** Name of the cookie that NextAuth compares a form's token with. */
export function csrfCookieName(): string {
  return `${isSecure() ? "__Host-" : ""}next-auth.csrf-token`;
}

/** Name of the session cookie. */
export function sessionCookieName(): string {
  return `${isSecure() ? "__Secure-" : ""}next-auth.session-token`;
}

/**
 * The token inside a cookie's value, if it is one of ours. Pages cannot set cookies, so the proxy makes the cookie before
 * the sign-in page is drawn: its form then works before, and without, any script.
 */
export function csrfToken(cookie: string | undefined): string | undefined {
  const [token, hash] = (cookie ?? "").split("|");
  return token && hash === hashOf(token) ? token : undefined;
}

/** A fresh value for the cookie. */
export function newCsrfCookie(): string {
  const token = randomBytes(32).toString("hex");
  return `${token}|${hashOf(token)}`;
}

function hashOf(token: string): string {
  return createHash("sha256").update(`${token}${env().NEXTAUTH_SECRET}`).digest("hex");
}
