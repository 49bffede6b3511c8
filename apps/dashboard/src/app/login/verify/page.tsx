import type { Metadata } from "next";
import { paths } from "../../../paths.ts";
import { Button } from "../../../ui/button.tsx";
import { CardPage } from "../../../ui/card-page.tsx";

export const metadata: Metadata = { title: "Sign in by email" };

type Props = { searchParams: Promise<{ token?: string; email?: string; callbackUrl?: string }> };

/** Where a mailed link leads. It asks for a click: programs that open every link of a mail must not use it up. */
export default async function VerifyPage({ searchParams }: Props) {
  const { token, email, callbackUrl = "/" } = await searchParams;
  if (!token || !email) {
    return (
      <CardPage title="Look into your mailbox">
        <p className="text-prose text-muted">
          If we know that address, a link is on its way. It works once, for ten minutes.
        </p>
        <Button asChild>
          <a href={paths.login()}>Back to sign in</a>
        </Button>
      </CardPage>
    );
  }
  return (
    <CardPage title="Sign in by email">
      <p className="text-prose text-muted">
        You are about to sign in as <strong className="font-medium text-text">{email}</strong>.
      </p>
      <form method="get" action="/auth/nextauth/callback/email" className="grid">
        <input type="hidden" name="token" value={token} />
        <input type="hidden" name="email" value={email} />
        <input type="hidden" name="callbackUrl" value={callbackUrl} />
        <Button kind="primary" type="submit" className="h-9 text-prose">
          Sign in
        </Button>
      </form>
    </CardPage>
  );
}
