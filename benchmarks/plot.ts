/** One curve over time: its title with the unit, and its values in the order of the samples. */
export type Curve = { title: string; values: readonly number[] };

const [WIDTH, HEIGHT, LEFT, GAP] = [860, 150, 20, 50];

/** Curves over the same minutes, one below the other, as an SVG document. Each starts at zero and ends at its largest value. */
export function plot(title: string, minutes: readonly number[], curves: readonly Curve[]): string {
  const last = minutes.at(-1) ?? 1;
  const panels = curves.map(({ title: name, values }, index) => {
    const top = 50 + index * (HEIGHT + GAP);
    const most = Math.max(...values, Number.MIN_VALUE);
    const points = values.map((value, at) => {
      const x = LEFT + (WIDTH * (minutes[at] ?? 0)) / last;
      return `${x.toFixed(1)},${(top + HEIGHT * (1 - value / most)).toFixed(1)}`;
    });
    return `<text x="${LEFT}" y="${top - 8}">${name}: at most ${most.toPrecision(3)}, at the end ${(values.at(-1) ?? 0).toPrecision(3)}</text>
<rect x="${LEFT}" y="${top}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#ccc"/>
<polyline points="${points.join(" ")}" fill="none" stroke="#2563eb" stroke-width="1.5"/>`;
  });
  const height = 50 + curves.length * (HEIGHT + GAP);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH + 2 * LEFT}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-weight="bold">${title}; ${last.toFixed(0)} minutes from left to right</text>
${panels.join("\n")}
</svg>
`;
}
