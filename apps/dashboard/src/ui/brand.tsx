/** The mark: two waves over a weir. */
export function Brand({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect width="32" height="32" rx="7" fill="var(--ink)" />
      <path
        d="M6 12c3.3 0 3.3 3 6.7 3s3.3-3 6.6-3 3.4 3 6.7 3M6 19c3.3 0 3.3 3 6.7 3s3.3-3 6.6-3 3.4 3 6.7 3"
        fill="none"
        stroke="var(--on-ink)"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
