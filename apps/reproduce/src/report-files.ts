// A report on a terminal, and as files: report.md to read, report.json to compute with.
import { join } from "node:path";
import { replaceFile } from "@tandem/checkpoint";
import type { Report } from "./experiment.ts";
import { markdownTable, plainTable } from "./table.ts";

export function plainReport({ title, tables, notes }: Report): string {
  return [title, ...tables.map(plainTable), notes.join("\n")].join("\n\n");
}

/** Writes both files to `folder`. `circumstances`: what the measurements depend on besides the experiment. */
export async function writeReport(folder: string, report: Report, circumstances: object): Promise<void> {
  const { title, tables, notes, measurements } = report;
  const markdown = [`# ${title}`, ...tables.map(markdownTable), ...notes].join("\n\n");
  await replaceFile(join(folder, "report.md"), [`${markdown}\n`]);
  const json = JSON.stringify({ title, tables, notes, measurements, ...circumstances }, undefined, 2);
  await replaceFile(join(folder, "report.json"), [`${json}\n`]);
}
