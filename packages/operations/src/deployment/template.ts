import { Template } from "@huggingface/jinja";

/**
 * Renders a jinja template that knows nothing beside itself: what it names is empty. Rendering can be made to never end:
 * call it within `withinTime`.
 */
export function renderTemplate(template: string): { text: string } | { fault: string } {
  if (!/\{[{%#]/.test(template)) return { text: template };
  try {
    return { text: new Template(template).render({}) };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
