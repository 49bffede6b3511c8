import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

// Sizes of our own, so that `text-meta` (a size) does not push out `text-muted` (a colour).
const merge = extendTailwindMerge({
  extend: { classGroups: { "font-size": [{ text: ["caption", "meta", "ui", "prose", "section", "page"] }] } },
});

/** Joins class names; of two that set the same thing, the later one stays. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
