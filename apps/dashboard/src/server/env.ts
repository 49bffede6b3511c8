import { z } from "zod";

/** Every setting, with what it is for. */
export const settings = z.object({
  DATABASE_URL: z.string().describe("PostgreSQL 15 or newer."),
  NEXTAUTH_URL: z.url().describe("The address that people use, without a path."),
  NEXTAUTH_SECRET: z.string().min(16).describe("Signs sessions. The same in every replica."),
  WEIR_API_URL: z.url().describe("The API's address as clients reach it, ending in /api; shown in login commands."),
  SMTP_URL: z
    .string()
    .optional()
    .describe("Mail server (smtp://user:password@host:port). Without it there is no sign-in by mail."),
  MAIL_FROM: z.string().default("Weir <no-reply@localhost>").describe("Sender of mail."),
});

/** The dashboard's settings. */
export type Env = Readonly<z.output<typeof settings>>;

/** Where NextAuth's own routes are: `/api` belongs to the REST API. */
const AUTH_PATH = "/auth/nextauth";

let parsed: Env | undefined;

/** Settings, parsed at the first request: `next build` runs without any. Throws with the names of those that do not fit. */
export function env(): Env {
  if (parsed) return parsed;
  const read = settings.parse(process.env);
  parsed = Object.freeze({ ...read, NEXTAUTH_URL: new URL(read.NEXTAUTH_URL).origin });
  // NextAuth reads its own base path from here, at each request.
  process.env.NEXTAUTH_URL = `${parsed.NEXTAUTH_URL}${AUTH_PATH}`;
  return parsed;
}

/** True where cookies must be secure: the public address is https. */
export function isSecure(): boolean {
  return env().NEXTAUTH_URL.startsWith("https://");
}

/** True under `next dev`, whose reload needs what the policy otherwise forbids. */
export const isDevelopment = process.env.NODE_ENV === "development";
