import nodemailer from "nodemailer";
import { env } from "../env.ts";

/**
 * Mails a link to a page of ours that asks for a click: a mail scanner that opens every link must not use it up.
 * `url` is NextAuth's own, which signs in whoever opens it.
 */
export async function sendSignInMail(to: string, url: string): Promise<void> {
  const { SMTP_URL, MAIL_FROM, NEXTAUTH_URL } = env();
  if (!SMTP_URL) throw new Error("SMTP_URL is not set.");
  const link = new URL("/login/verify", NEXTAUTH_URL);
  link.search = new URL(url).search;
  const transport = nodemailer.createTransport(SMTP_URL, { connectionTimeout: 5_000, socketTimeout: 10_000 });
  await transport.sendMail({
    from: MAIL_FROM,
    to,
    subject: "Sign in to Weir",
    text: `Open this link to sign in. It works once, for ten minutes.\n\n${link}\n\nIf you did not ask for it, ignore this mail.\n`,
  });
}
