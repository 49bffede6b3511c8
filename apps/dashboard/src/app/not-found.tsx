import type { Metadata } from "next";
import { SystemMessage } from "../ui/system-message.tsx";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main>
      <SystemMessage title="Not found" home="/">
        There is no page at this address, or you may not see it.
      </SystemMessage>
    </main>
  );
}
