import type { Metadata } from "next";
import { CliLogin } from "../../../features/cli-login/cli-login.tsx";
import { paths } from "../../../paths.ts";
import { loopbackCallback } from "../../../server/auth/loopback.ts";
import { commands } from "../../../server/commands.ts";
import { requireViewer } from "../../../server/pages.ts";
import { Button } from "../../../ui/button.tsx";
import { CardPage } from "../../../ui/card-page.tsx";

export const metadata: Metadata = { title: "Approve a terminal" };

type Props = { searchParams: Promise<{ callback?: string | string[] }> };

/** Where `prefect cloud login` sends the browser. */
export default async function ClientLoginPage({ searchParams }: Props) {
  const given = (await searchParams).callback;
  const asked = typeof given === "string" ? given : "";
  const { user, workspaces } = await requireViewer(`/auth/client?callback=${encodeURIComponent(asked)}`);
  const callback = loopbackCallback(asked);
  if (!callback) return <Refused asked={asked} />;
  const [first] = workspaces;
  const place = first && { account: first.accountHandle, workspace: first.workspaceHandle };
  return (
    <CardPage title="Approve a terminal">
      <CliLogin
        callback={callback}
        user={user.email}
        workspaces={workspaces.map((one) => `${one.accountHandle}/${one.workspaceHandle}`)}
        keyName={`cli-${new Date().toISOString().slice(0, 16).replace("T", "-").replace(":", "")}`}
        command={commands().loginWithKey(place)}
      />
    </CardPage>
  );
}

function Refused({ asked }: { asked: string }) {
  return (
    <CardPage title="This is no terminal of yours">
      <p className="text-prose text-muted">
        A key may only be sent to a program on this computer, at{" "}
        <code className="font-mono text-ui">http://localhost</code> and a port. This page was asked to send it to:
      </p>
      <code className="break-all rounded-control bg-sunken px-3 py-2 font-mono text-meta">{asked || "nowhere"}</code>
      <p className="text-prose text-muted">
        Nothing was sent. Start the login from your terminal, or make a key by hand.
      </p>
      <Button asChild className="justify-self-start">
        <a href={paths.keys()}>API keys</a>
      </Button>
    </CardPage>
  );
}
