import type { Metadata } from "next";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { MailForm } from "../../features/sign-in/mail-form.tsx";
import { signInFailure } from "../../features/sign-in/session-api.ts";
import { SignInForm } from "../../features/sign-in/sign-in-form.tsx";
import { csrfCookieName, csrfToken } from "../../server/auth/csrf.ts";
import { safeNext } from "../../server/auth/next-path.ts";
import { env, isSecure } from "../../server/env.ts";
import { viewer } from "../../server/session.ts";
import { CardPage } from "../../ui/card-page.tsx";

export const metadata: Metadata = { title: "Sign in" };

type Props = { searchParams: Promise<{ next?: string; error?: string }> };

export default async function LoginPage({ searchParams }: Props) {
  const { next: asked, error } = await searchParams;
  const jar = await cookies();
  const remembered = error ? jar.get(`${isSecure() ? "__Secure-" : ""}next-auth.callback-url`)?.value : undefined;
  const next = safeNext(asked) ?? safeNext(remembered?.replace(env().NEXTAUTH_URL, "")) ?? "/";
  if (await viewer()) redirect(next);
  const token = csrfToken(jar.get(csrfCookieName())?.value) ?? "";
  return (
    <CardPage title="Sign in">
      <SignInForm csrfToken={token} next={next} failure={error ? signInFailure(error) : undefined} />
      {env().SMTP_URL ? <MailForm csrfToken={token} next={next} /> : null}
    </CardPage>
  );
}
