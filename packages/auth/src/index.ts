export { bearerKey, keyOfAuthString, USER_KEY_PREFIX, userApiKey } from "./api-keys.ts";
export {
  type AccountGrant,
  type Actor,
  creatorOf,
  grantAccount,
  grantToSystem,
  grantWorkspace,
  type Standing,
  type WorkspaceGrant,
} from "./grants.ts";
export { accountRolePermissions, workspaceRoleScopes } from "./roles.ts";
