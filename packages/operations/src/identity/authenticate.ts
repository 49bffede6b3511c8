import { createHash } from "node:crypto";
import { type AccountGrant, type Actor, grantAccount, grantWorkspace, type WorkspaceGrant } from "@weir/auth";
import type { AccountId } from "@weir/contracts";
import { identities, type KeyOwner, type ReachableWorkspace } from "@weir/db";
import type { Services } from "../services.ts";

/** A caller whose key or session was checked, with everything it may reach. */
export type Identity = {
  user: KeyOwner["user"];
  actor: Actor;
  keyId: string | null;
  expiration: Date | null;
  workspaces: ReachableWorkspace[];
  accounts: Awaited<ReturnType<ReturnType<typeof identities>["accounts"]>>;
};

/** How long a verdict on a key is believed, in milliseconds: a revoked key stops working within it. */
const BELIEVED_MS = 4_000;
/** Older verdicts are looked up again while they are still believed, so that nobody waits for it. */
const FRESH_MS = 2_000;
const KEPT = 10_000;

/** What a look-up that began `at` says; `next` is a younger one under way. */
type Verdict = { at: number; identity: Promise<Identity | undefined>; next: Verdict | undefined };

const verdicts = new WeakMap<Services, Map<string, Verdict>>();

/**
 * Who holds an API key; `undefined` when it is unknown, expired or revoked. Verdicts are kept for four seconds, so that the
 * database is not asked twice per call, and renewed after two: all calls of a key would wait for that one look-up.
 */
export function authenticate(services: Services, key: string, client?: string): Promise<Identity | undefined> {
  const known = verdictsOf(services);
  const nowMs = services.clock() / 1000;
  const verdict = known.get(key);
  const age = verdict ? nowMs - verdict.at : Number.POSITIVE_INFINITY;
  if (verdict && age < FRESH_MS) return verdict.identity;
  if (verdict && age < BELIEVED_MS) {
    verdict.next ??= renew(services, known, key, verdict, client);
    return verdict.identity;
  }
  const made = verdict?.next && nowMs - verdict.next.at < BELIEVED_MS ? verdict.next : ask(services, key, client);
  known.set(key, made);
  // A failed look-up is nobody's verdict.
  made.identity.catch(() => known.get(key) === made && known.delete(key));
  if (known.size > KEPT) known.delete(known.keys().next().value ?? "");
  return made.identity;
}

function ask(services: Services, key: string, client: string | undefined): Verdict {
  return { at: services.clock() / 1000, identity: lookUp(services, key, client), next: undefined };
}

/** Looks a key up behind a verdict that is still believed, and puts the answer in its place. */
function renew(
  services: Services,
  known: Map<string, Verdict>,
  key: string,
  old: Verdict,
  client: string | undefined,
): Verdict {
  const next = ask(services, key, client);
  next.identity.then(
    () => known.get(key) === old && known.set(key, next),
    () => {
      old.next = undefined;
    },
  );
  return next;
}

/**
 * As `authenticate`, but asks the database now: before somebody is told that a thing is not there, which another process
 * may have made a moment ago.
 */
export function authenticateAgain(services: Services, key: string, client?: string): Promise<Identity | undefined> {
  verdictsOf(services).delete(key);
  return authenticate(services, key, client);
}

/** Forgets what is believed of every key in this process: after a key, role or workspace changed here. */
export function forgetVerdicts(services: Services): void {
  verdicts.delete(services);
}

/** SHA-256 of a key, hex: all that is stored of it. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Everything a user may reach, for a door that has checked who they are (a session). */
export async function identify(services: Services, user: KeyOwner["user"]): Promise<Identity> {
  const people = identities(services.db);
  const [workspaces, accounts] = await Promise.all([people.reachable(user.id), people.accounts(user.id)]);
  return { user, actor: actorOf(user, null), keyId: null, expiration: null, workspaces, accounts };
}

/** Grants a workspace to an identity; `undefined` when it may not enter or the ids do not belong together. */
export function grantedWorkspace(
  identity: Identity,
  accountId: string | undefined,
  workspaceId: string | undefined,
): WorkspaceGrant | undefined {
  const found = identity.workspaces.find((one) => one.workspaceId === workspaceId && one.accountId === accountId);
  return found && grantWorkspace(identity.actor, found);
}

/** Grants an account to its member; `undefined` for anyone else. */
export function grantedAccount(identity: Identity, accountId: string | undefined): AccountGrant | undefined {
  const found = identity.accounts.find((one) => one.id === accountId);
  return found && grantAccount(identity.actor, found.id as AccountId, found.role);
}

async function lookUp(services: Services, key: string, client: string | undefined): Promise<Identity | undefined> {
  const people = identities(services.db);
  const owner = await people.keyOwner(hashKey(key));
  const now = new Date(services.clock() / 1000);
  if (!owner || (owner.expiration !== null && owner.expiration <= now)) return undefined;
  const [identity] = await Promise.all([identify(services, owner.user), people.touchKey(owner.keyId, client, now)]);
  return { ...identity, actor: actorOf(owner.user, owner.keyId), keyId: owner.keyId, expiration: owner.expiration };
}

function actorOf(user: KeyOwner["user"], apiKeyId: string | null): Actor {
  return { kind: "user", id: user.id, actorId: user.actorId, name: user.handle, apiKeyId };
}

function verdictsOf(services: Services): Map<string, Verdict> {
  let known = verdicts.get(services);
  if (!known) {
    known = new Map();
    verdicts.set(services, known);
  }
  return known;
}
