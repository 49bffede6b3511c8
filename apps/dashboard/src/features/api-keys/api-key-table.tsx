"use client";

import { useState } from "react";
import type { ListedApiKey } from "../../server/routers/api-key.ts";
import { Button } from "../../ui/button.tsx";
import { TableBox } from "../../ui/table-box.tsx";
import { TimeStamp } from "../../ui/times.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";

const heading = "h-9 px-3 text-left text-meta font-medium text-muted";
const cell = "h-11 px-3";

/** Keys, the latest first; of each only its beginning and end is known. */
export function ApiKeyTable({ keys }: { keys: ListedApiKey[] }) {
  const [revoking, setRevoking] = useState<ListedApiKey>();
  return (
    <TableBox>
      <table className="w-full min-w-3xl border-collapse">
        <caption className="sr-only">Your API keys</caption>
        <thead className="border-hairline border-b">
          <tr>
            {["Name", "Key", "Created", "Expires", "Last used"].map((name) => (
              <th key={name} scope="col" className={heading}>
                {name}
              </th>
            ))}
            <th scope="col" className={heading}>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id} className="border-hairline border-b last:border-b-0">
              <th scope="row" className={`${cell} text-left font-medium`}>
                {key.name}
              </th>
              <td className={`${cell} font-mono text-meta text-muted`}>
                {key.prefix}…{key.lastFour}
              </td>
              <td className={`${cell} text-muted`}>
                <TimeStamp iso={key.created} />
              </td>
              <td className={`${cell} text-muted`}>{key.expiration ? <Expiry iso={key.expiration} /> : "never"}</td>
              <td className={`${cell} text-muted`}>
                {key.lastUsed ? (
                  <>
                    <TimeStamp iso={key.lastUsed} />
                    {key.lastClient ? <span className="ml-2 text-meta">{key.lastClient}</span> : null}
                  </>
                ) : (
                  "not yet"
                )}
              </td>
              <td className={`${cell} text-right`}>
                <Button size="small" kind="danger" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <RevokeDialog apiKey={revoking} onClose={() => setRevoking(undefined)} />
    </TableBox>
  );
}

function Expiry({ iso }: { iso: string }) {
  return Date.parse(iso) <= Date.now() ? <span className="text-danger">expired</span> : <TimeStamp iso={iso} />;
}
