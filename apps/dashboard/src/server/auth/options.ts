import { passwordMatches } from "@weir/operations";
import type { NextAuthOptions } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import EmailProvider from "next-auth/providers/email";
import { env, isSecure } from "../env.ts";
import { sendSignInMail } from "./mail.ts";
import { safeNext } from "./next-path.ts";
import { mailAdapter, personByEmail } from "./people.ts";
import { SignInThrottle } from "./throttle.ts";

const LINK_SECONDS = 600;
const SESSION_SECONDS = 30 * 86_400;

// One count for all bundles of this process.
const process_ = globalThis as typeof globalThis & { weirThrottle?: SignInThrottle };
process_.weirThrottle ??= new SignInThrottle(() => Date.now());
const throttle = process_.weirThrottle;

/** NextAuth's settings: password sign-in, a link by mail where there is a mail server, sessions in a signed cookie. */
export function authOptions(): NextAuthOptions {
  const { SMTP_URL, MAIL_FROM, NEXTAUTH_SECRET, NEXTAUTH_URL } = env();
  const byMail = EmailProvider({
    from: MAIL_FROM,
    maxAge: LINK_SECONDS,
    normalizeIdentifier: (email) => email.trim().toLowerCase(),
    sendVerificationRequest: ({ identifier, url }) => sendSignInMail(identifier, url),
  });
  return {
    secret: NEXTAUTH_SECRET,
    useSecureCookies: isSecure(),
    session: { strategy: "jwt", maxAge: SESSION_SECONDS },
    pages: { signIn: "/login", error: "/login", verifyRequest: "/login/verify" },
    ...(SMTP_URL ? { adapter: mailAdapter() } : {}),
    providers: [byPassword(), ...(SMTP_URL ? [byMail] : [])],
    callbacks: {
      // A link is sent only to people we know, but whoever asks is told the same.
      async signIn({ user, email }) {
        if (!email?.verificationRequest) return true;
        return (await personByEmail(user.email ?? "")) ? true : "/login/verify";
      },
      session({ session, token }) {
        return { ...session, user: { ...session.user, id: token.sub ?? "" } };
      },
      redirect({ url }) {
        const path = url.startsWith(NEXTAUTH_URL) ? url.slice(NEXTAUTH_URL.length) : url;
        return `${NEXTAUTH_URL}${safeNext(path) ?? "/"}`;
      },
    },
  };
}

/** What `authorize` throws once a name has failed too often; the sign-in page reads the seconds from it. */
const THROTTLED = "throttled-";

function byPassword() {
  return CredentialsProvider({
    credentials: { email: { type: "email" }, password: { type: "password" } },
    async authorize(given) {
      const name = (given?.email ?? "").trim().toLowerCase();
      const wait = throttle.waitSeconds(name);
      if (wait > 0) throw new Error(`${THROTTLED}${wait}`);
      const person = await personByEmail(name);
      // An unknown name costs as much time as a wrong password, and is answered with the same words.
      const fits = await passwordMatches(given?.password ?? "", person?.passwordHash ?? null);
      if (fits && person) {
        throttle.succeeded(name);
        return { id: person.id, email: person.email, name: person.handle };
      }
      throttle.failed(name);
      const next = throttle.waitSeconds(name);
      if (next > 0) throw new Error(`${THROTTLED}${next}`);
      return null;
    },
  });
}
