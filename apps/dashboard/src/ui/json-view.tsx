"use client";

import { useMemo } from "react";
import { CopyButton } from "./copy-button.tsx";
import { layOut } from "./json-text.ts";

const MOST_CHARACTERS = 200_000;

const colours: Record<string, string> = {
  key: "text-link",
  string: "text-text",
  number: "text-muted",
  word: "text-muted",
};

type Props = {
  /** JSON as it was sent. */
  text: string;
  label: string;
  /** What to say of `{}`. */
  empty: string;
};

/** A JSON document, laid out, exactly as it was sent. */
export function JsonView({ text, label, empty }: Props) {
  const tokens = useMemo(() => layOut(text.slice(0, MOST_CHARACTERS)), [text]);
  if (text === "{}" || text === "null" || text === "") return <p className="text-muted">{empty}</p>;
  return (
    <div className="relative rounded-card border border-hairline bg-surface">
      <CopyButton text={text} label={`Copy as JSON: ${label}`} className="absolute top-2 right-2 bg-surface" />
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keyboards must reach it
        tabIndex={0}
        className="max-h-[70vh] overflow-auto focus-visible:-outline-offset-2"
      >
        <pre className="p-4 pr-12 font-mono text-meta leading-5">
          {tokens.map((token, index) => {
            const colour = colours[token.kind];
            return colour ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: a piece of a text has no other identity
              <span key={index} className={colour}>
                {token.text}
              </span>
            ) : (
              token.text
            );
          })}
          {text.length > MOST_CHARACTERS ? "\n… copy it to see the rest" : null}
        </pre>
      </section>
    </div>
  );
}
