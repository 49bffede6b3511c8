import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { userApiKey } from "@weir/auth";
import { z } from "zod";
import { WeirInstanceError } from "./errors.ts";
import { writePrivately } from "./private-file.ts";

const Secrets = z.object({
  email: z.string().min(3),
  password: z.string().min(8),
  apiKey: z.string().startsWith("pnu_"),
  authSecret: z.string().min(32),
});

/** What the local instance keeps to itself, made once: its sign-in, its API key, and what signs its sessions. */
export type Secrets = z.infer<typeof Secrets>;

/** Reads the secrets at `path`, making them when there are none: then `isNew`. */
export function keepSecrets(path: string): { secrets: Secrets; isNew: boolean } {
  if (existsSync(path)) return { secrets: readSecrets(path), isNew: false };
  const secrets: Secrets = {
    email: "admin@weir.local",
    password: easyPassword(),
    apiKey: userApiKey(randomBytes(96)),
    authSecret: randomBytes(32).toString("base64url"),
  };
  writePrivately(path, secrets);
  return { secrets, isNew: true };
}

function readSecrets(path: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new WeirInstanceError(
      "data-damaged",
      `${path} cannot be read. Restore it, or delete it to get a new API key and password; nothing was changed.`,
      { cause },
    );
  }
}

/** Eighty random bits that can be read aloud: four groups without look-alikes. */
function easyPassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}
