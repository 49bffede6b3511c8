const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Prefix of a user's key. Clients choose their help text by it. */
export const USER_KEY_PREFIX = "pnu_";

/**
 * A user's API key from at least 64 random bytes: `pnu_` and 43 base-62 characters, 256 bits. Bytes above 247 are skipped
 * so that every character is equally likely; throws when too few remain.
 */
export function userApiKey(random: Uint8Array): string {
  let key = "";
  for (const byte of random) {
    if (key.length === 43) break;
    if (byte < 248) key += ALPHABET[byte % 62];
  }
  if (key.length < 43) throw new Error("userApiKey needs more random bytes");
  return USER_KEY_PREFIX + key;
}

/**
 * The key of an `Authorization` header; any case of the scheme. Also of basic credentials, which clients send for an auth
 * string: the part that looks like a key. `undefined` when the header carries none.
 */
export function bearerKey(header: string | undefined): string | undefined {
  const [, scheme = "", credentials = ""] = /^(bearer|basic) +(\S+) *$/i.exec(header ?? "") ?? [];
  return scheme.toLowerCase() === "basic" ? keyOfAuthString(decodeBase64(credentials)) : credentials || undefined;
}

/** The key in an auth string (`name:key`, or the key alone); the string itself when no part looks like one. */
export function keyOfAuthString(auth: string): string | undefined {
  return auth.split(":").find((part) => /^pn[ub]_/.test(part)) ?? (auth === "" ? undefined : auth);
}

function decodeBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
