/** Class names of a tab's handle. */
export const tabTrigger =
  "-mb-px h-9 shrink-0 border-transparent border-b-2 font-medium text-muted hover:text-text data-[state=active]:border-text data-[state=active]:text-text";
