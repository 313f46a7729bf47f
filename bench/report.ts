/** How results look in a terminal: the same under every runtime. */

/** Lays rows out in columns; the first row is the head, the first column is text, the others are figures. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((text, i) => widths[i] = Math.max(widths[i] ?? 0, text.length));
  const lines = rows.map((row) =>
    `| ${row.map((text, i) => i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)).join(" | ")} |`
  );
  const rule = `|${widths.map((width, i) => i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`).join("|")}|`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/** `402k`, `13.7k`, `952`: operations per second. */
export function rate(perSecond: number): string {
  if (perSecond >= 999_500) return `${(perSecond / 1e6).toFixed(2)}M`;
  if (perSecond >= 19_950) return `${Math.round(perSecond / 1000)}k`;
  return perSecond >= 1000 ? `${(perSecond / 1000).toFixed(1)}k` : perSecond.toFixed(0);
}

/** A number with about three digits. */
export function digits(number: number): string {
  if (number >= 99.95) return number.toFixed(0);
  return number >= 9.995 ? number.toFixed(1) : number.toFixed(2);
}
