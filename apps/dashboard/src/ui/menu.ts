/** Class names of a menu's box and of its items. */
export const menuBox =
  "z-20 min-w-52 rounded-card border border-hairline bg-raised p-1 text-ui shadow-lg shadow-black/10";
export const menuItem =
  "flex h-8 w-full cursor-pointer select-none items-center gap-2 rounded-control px-2 text-text no-underline outline-none data-highlighted:bg-sunken data-[state=checked]:font-medium [&_svg]:text-muted";
export const menuLabel = "px-2 pt-2 pb-1 text-caption font-medium text-muted";
