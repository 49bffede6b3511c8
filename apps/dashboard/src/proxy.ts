import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { paths } from "./paths.ts";
import { csrfCookieName, csrfToken, newCsrfCookie, sessionCookieName } from "./server/auth/csrf.ts";
import { loopbackCallback } from "./server/auth/loopback.ts";
import { isDevelopment, isSecure } from "./server/env.ts";

/** Before every page: its content policy, the sign-in form's token, and the way to the sign-in for those without a session. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const isLogin = pathname === "/login" || pathname.startsWith("/login/");
  // Only whether there is a cookie: pages and procedures check what it says.
  if (!isLogin && !hasSession(request))
    return NextResponse.redirect(publicUrl(request, paths.login(pathname + search)));

  const nonce = randomBytes(16).toString("base64");
  const policy = contentPolicy(
    nonce,
    pathname === "/auth/client" ? request.nextUrl.searchParams.get("callback") : null,
  );
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);

  const fresh = isLogin && !csrfToken(request.cookies.get(csrfCookieName())?.value) ? newCsrfCookie() : undefined;
  if (fresh) {
    request.cookies.set(csrfCookieName(), fresh);
    headers.set("cookie", request.cookies.toString());
  }
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  response.headers.set("referrer-policy", "same-origin");
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("x-frame-options", "DENY");
  if (fresh)
    response.cookies.set(csrfCookieName(), fresh, { httpOnly: true, sameSite: "lax", path: "/", secure: isSecure() });
  return response;
}

/** Everything but what has no page: assets, NextAuth's routes, procedures and the live stream answer for themselves. */
export const config = { matcher: ["/((?!_next/|trpc/|live|auth/nextauth/|icon.svg|favicon.ico).*)"] };

function hasSession(request: NextRequest): boolean {
  const name = sessionCookieName();
  return request.cookies.getAll().some((cookie) => cookie.name === name || cookie.name.startsWith(`${name}.`));
}

/** A path at the address that the browser used, which is not the one this process listens on. */
function publicUrl(request: NextRequest, path: string): URL {
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host") ?? request.nextUrl.host;
  const protocol = request.headers.get("x-forwarded-proto") ?? (isSecure() ? "https" : "http");
  return new URL(path, `${protocol}://${host}`);
}

function contentPolicy(nonce: string, callback: string | null): string {
  // The page that approves a terminal's sign-in may speak to that terminal, and no other page to anybody.
  const loopback = callback === null ? undefined : loopbackCallback(callback);
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${loopback ? ` ${loopback}` : ""}${isDevelopment ? " ws:" : ""}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
