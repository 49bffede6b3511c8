// Starts PostgreSQL and a whole Weir for the browser tests, says where on one line of JSON, and ends with its standard input.
import { openDb, openHot } from "@weir/db";
import { hashPassword, systemClock } from "@weir/operations";
import { aWorkspace, startTestWeir } from "@weir/testing";
import { setup, teardown } from "../../../packages/testing/src/global-setup.ts";
import { openMailbox } from "./mailbox.ts";
import type { Places } from "./places.ts";

let postgresUrl = "";
const project = {
  name: "e2e",
  provide(_name: "postgresUrl", url: string) {
    postgresUrl = url;
  },
};
// Of vitest's project the set-up only uses these two.
await setup(project as unknown as Parameters<typeof setup>[0]);
const mailbox = await openMailbox();
const weir = await startTestWeir({ postgresUrl, dashboard: true, env: { SMTP_URL: mailbox.smtpUrl } });

// Somebody else, in an account of their own, who can sign in.
const db = openDb({ url: weir.databaseUrl, connections: 2, hotConnections: 1 });
const other = await aWorkspace({ db, hot: openHot(db), clock: systemClock() });
const password = "somebody else's password";
await db.prisma.user.update({ where: { id: other.userId }, data: { passwordHash: await hashPassword(password) } });
await db.close();

const { apiUrl, uiUrl, accountId, accountHandle, workspaceId, workspaceHandle, apiKey, email } = weir;
const places: Places = {
  apiUrl,
  uiUrl,
  mailUrl: mailbox.url,
  mine: { accountId, accountHandle, workspaceId, workspaceHandle, apiKey, email, password: weir.password },
  other: {
    accountId: other.accountId,
    accountHandle: other.accountHandle,
    workspaceId: other.workspaceId,
    workspaceHandle: other.workspaceHandle,
    apiKey: other.apiKey,
    email: other.email,
    password,
  },
};
process.stdout.write(`${JSON.stringify(places)}\n`);

process.stdin.resume();
process.stdin.once("end", async () => {
  await weir.stop();
  await teardown();
  process.exit(0);
});
