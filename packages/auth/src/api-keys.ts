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

/** The key of an `Authorization` header; any case of the scheme. `undefined` when it carries none. */
export function bearerKey(header: string | undefined): string | undefined {
  if (header === undefined || header.length < 8 || header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  const key = header.slice(7).trim();
  return key === "" ? undefined : key;
}
