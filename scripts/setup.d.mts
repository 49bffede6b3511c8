/** The path of a program that npm installed. */
export function bin(name: string): string;

/** Runs a command to its end; `quiet` keeps its output instead of showing it. */
export function run(
  command: string,
  args: string[],
  options?: { quiet?: boolean; cwd?: string; env?: Record<string, string> },
): Promise<{ code: number | NodeJS.Signals; output: string }>;
