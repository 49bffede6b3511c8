/** Class names of form parts. */
export const fieldLabel = "text-prose font-medium";
export const textInput =
  "h-9 w-full rounded-control border border-control bg-surface px-3 text-prose text-text placeholder:text-muted aria-invalid:border-danger";
