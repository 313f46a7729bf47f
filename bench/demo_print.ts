/** How the demo tells what it does. */

import process from "node:process";

/** Begins a part. */
export function title(text: string): void {
  print(`\n${text}`);
}

/** What was done, and what came of it. */
export function show(what: string, came: string): void {
  print(`  ${what.padEnd(38)} → ${came}`);
}

/** A line. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** How much of something is done; in a file or a pipe only when all is. */
export function bar(share: number): void {
  if (!process.stdout.isTTY && share < 1) return;
  const full = Math.round(share * 40);
  const line = `  [${"█".repeat(full)}${"·".repeat(40 - full)}] ${Math.round(share * 100)} %`;
  process.stdout.write(`${process.stdout.isTTY ? "\r" : ""}${line}${share === 1 ? "\n" : ""}`);
}
