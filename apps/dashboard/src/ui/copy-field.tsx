import { CopyButton } from "./copy-button.tsx";

/** A command or key to copy, exactly as it is shown. */
export function CopyField({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-control border border-hairline bg-sunken py-1.5 pr-1.5 pl-3">
      <code className="min-w-0 flex-1 break-all py-0.5 font-mono text-meta leading-5">{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
