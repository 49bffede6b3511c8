import { SystemMessage } from "../../../ui/system-message.tsx";

export default function WorkspaceNotFound() {
  return (
    <SystemMessage title="Not found" home="/">
      There is nothing at this address. It may have been deleted, or removed by retention.
    </SystemMessage>
  );
}
