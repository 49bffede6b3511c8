import { type AccountGrant, accountRolePermissions, type WorkspaceGrant, workspaceRoleScopes } from "@weir/auth";
import {
  type AccountPermission,
  formatInstant,
  type IsoInstant,
  type Issue,
  type Micros,
  WeirError,
  type WorkspaceScope,
} from "@weir/contracts";
import type { Refusal } from "@weir/core";
import { openWorkspace, type WorkspaceStore } from "@weir/db";
import type { z } from "zod";
import type { Services } from "./services.ts";

/** What a verb of a workspace works with: its rows, who acts, and one instant for the whole call. */
export type Ctx = {
  grant: WorkspaceGrant;
  store: WorkspaceStore;
  now: Micros;
  nowIso: IsoInstant;
  services: Services;
  caller: Caller;
};

/** Who is at the other end of a call, as far as a verb must know. */
export type Caller = {
  /** The version of the client, from its `User-Agent`; undefined when it tells none. */
  version: string | undefined;
  /** The connection is gone: an answer would not arrive. */
  isGone(): boolean;
  /** Calls `listener` when the connection goes; gives what takes that back. */
  onGone(listener: () => void): () => void;
  /** The call only waits from here on: it counts no longer as one that is worked on. */
  rest(): void;
  /** What the account is being refused, as far as the process that was called has refused it. */
  refusals(): readonly Refusal[];
};

const OURSELVES: Caller = {
  version: undefined,
  isGone: () => false,
  onGone: () => () => undefined,
  rest: () => undefined,
  refusals: () => [],
};

/** What a verb of an account works with. */
export type AccountCtx = { grant: AccountGrant; now: Micros; nowIso: IsoInstant; services: Services };

/** A thing Weir can do in a workspace. Every door calls verbs; permission and input are checked here, once. */
export type Verb<In, Out> = {
  (ctx: Ctx, input: unknown): Promise<Out>;
  readonly verbName: string;
  readonly permission: WorkspaceScope;
  readonly input: z.ZodType<In>;
};

/** Opens a call into a workspace: store and clock reading, from a proven grant. Without a caller it is Weir's own. */
export function openCtx(services: Services, grant: WorkspaceGrant, caller: Caller = OURSELVES): Ctx {
  const now = services.clock();
  const store = openWorkspace(services.db, services.hot, grant);
  return { grant, store, now, nowIso: formatInstant(now), services, caller };
}

/** Defines a verb of a workspace: its name, the scope it needs, its input and what it does. */
export function defineVerb<In, Out>(spec: {
  name: string;
  permission: WorkspaceScope;
  input: z.ZodType<In>;
  run(ctx: Ctx, input: In): Promise<Out>;
}): Verb<In, Out> {
  const call = (ctx: Ctx, input: unknown): Promise<Out> => {
    if (!workspaceRoleScopes[ctx.grant.role].has(spec.permission)) throw missingScope(spec.permission);
    return spec.run(ctx, parseInput(spec.input, input));
  };
  return Object.assign(call, { verbName: spec.name, permission: spec.permission, input: spec.input });
}

/** Defines a verb of an account. */
export function defineAccountVerb<In, Out>(spec: {
  name: string;
  permission: AccountPermission;
  input: z.ZodType<In>;
  run(ctx: AccountCtx, input: In): Promise<Out>;
}) {
  const call = (ctx: AccountCtx, input: unknown): Promise<Out> => {
    if (!accountRolePermissions[ctx.grant.role].has(spec.permission)) throw missingScope(spec.permission);
    return spec.run(ctx, parseInput(spec.input, input));
  };
  return Object.assign(call, { verbName: spec.name, permission: spec.permission, input: spec.input });
}

/** Parses a door's input; a WeirError with one issue per fault when it does not fit. */
export function parseInput<In>(schema: z.ZodType<In>, input: unknown): In {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues: Issue[] = result.error.issues.map((issue) => ({
    loc: ["body", ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))],
    msg: issue.message,
    type: issue.code === "invalid_type" ? "type_error" : issue.code === "custom" ? "value_error" : issue.code,
  }));
  throw new WeirError("invalid", "Invalid request received.", { issues });
}

function missingScope(scope: string): WeirError {
  return new WeirError("forbidden", `This needs the permission ${scope}. Ask an owner for a role that has it.`);
}
