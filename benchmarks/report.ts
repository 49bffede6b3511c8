import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Measured } from "./measure.ts";
import type { Benchmark, Target, Variant } from "./promise.ts";

/** One line of the table: the median of each figure over the rounds. */
export type Row = {
  benchmark: string;
  variant: string;
  unit: string;
  timed: string;
  side: string;
  rounds: number;
  figures: Measured;
};

/** Where and with what it was measured. */
export type Setting = {
  name: string;
  date: string;
  commit: string;
  machine: string;
  versions: Record<string, string>;
  /** Transactions a second of `pgbench -N -M prepared -c 16`, median of the rounds; absent without pgbench. */
  pgbench: number | undefined;
};

/** This machine: its processor, cores and memory. */
export function machine(): string {
  const [first] = cpus();
  return `${first?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
}

/** The commit that is checked out, `+` behind it when files differ from it. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
}

/** The middle one of each figure. */
export function medians(rounds: readonly Measured[]): Measured {
  const keys = Object.keys(rounds[0] ?? {}) as (keyof Measured)[];
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((round) => round[key]))])) as Measured;
}

/** The middle one, or the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** A row for each side of each variant. */
export function rowOf(
  benchmark: Benchmark,
  variant: Variant,
  side: Target["name"] | string,
  rounds: readonly Measured[],
): Row {
  const { name, unit, timed } = benchmark;
  return {
    benchmark: name,
    variant: variant.label,
    unit,
    timed,
    side,
    rounds: rounds.length,
    figures: medians(rounds),
  };
}

/** The table as Markdown: rates, latencies, costs, and how often Weir's holds the peer's. */
export function table(rows: readonly Row[], pgbench: number | undefined): string {
  const head = [
    "what",
    "side",
    "per second",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "server ms",
    "PostgreSQL ms",
    "driver ms",
    "rate ÷ peer",
    "p99 ÷ peer",
    "CPU ÷ peer",
    "÷ pgbench",
  ];
  const lines = rows.map((row) => {
    const { figures } = row;
    const peer = rows.find(
      (other) => other.side === "peer" && other.benchmark === row.benchmark && other.variant === row.variant,
    );
    const against = peer && row.side !== "peer" ? peer.figures : undefined;
    const cost = (of: Measured) => of.serverCpuMs + of.postgresCpuMs;
    return [
      `${row.benchmark}, ${row.variant}`,
      row.side,
      number(figures.perSecond),
      number(figures.p50),
      number(figures.p95),
      number(figures.p99),
      number(figures.serverCpuMs),
      number(figures.postgresCpuMs),
      number(figures.driverCpuMs),
      against ? `${number(figures.perSecond / against.perSecond)}×` : "",
      against && row.benchmark !== "events_in" ? `1/${number(against.p99 / figures.p99)}` : "",
      against ? `1/${number(cost(against) / cost(figures))}` : "",
      row.benchmark === "set_state" && pgbench !== undefined ? `${number(figures.perSecond / pgbench)}×` : "",
    ];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Writes `results/<date>-<name>.json` and `.md`; returns the path of the latter. */
export function save(setting: Setting, rows: readonly Row[], notes: readonly string[]): string {
  const folder = fileURLToPath(new URL("./results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}${setting.date.slice(0, 10)}-${setting.name}`;
  writeFileSync(`${path}.json`, `${JSON.stringify({ ...setting, rows }, null, 2)}\n`);
  const versions = Object.entries(setting.versions)
    .map(([what, version]) => `${what} ${version}`)
    .join(", ");
  const pgbench =
    setting.pgbench === undefined ? "pgbench was not there" : `${number(setting.pgbench)} transactions a second`;
  const text = `# ${setting.name}, ${setting.date.slice(0, 16).replace("T", " ")} UTC

- Machine: ${setting.machine}. Commit ${setting.commit}. ${versions}.
- \`pgbench -N -M prepared -c 16\` on the same cluster, in the same run: ${pgbench}.
- CPU is of one operation, in milliseconds: of the server, of PostgreSQL (its whole process tree), of the load driver.
${notes.map((note) => `- ${note}`).join("\n")}

${table(rows, setting.pgbench)}
`;
  writeFileSync(`${path}.md`, text);
  return `${path}.md`;
}

/** Writes `results/<date>-<name>.md`: what a benchmark said, under where it was said; returns its path. */
export function saveText(name: string, title: string, lines: readonly string[]): string {
  const folder = fileURLToPath(new URL("./results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}${new Date().toISOString().slice(0, 10)}-${name}.md`;
  writeFileSync(path, `# ${title}\n\n- Machine: ${machine()}. Commit ${commit()}.\n\n${lines.join("\n").trim()}\n`);
  return path;
}

function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3).replace(/\.?0+$/, "");
}
