// `pnpm bench`: arguments and environment in, rows on the terminal and a file with all of them out.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { repositoryRoot, runCommand, workingFolder } from "trainer";
import { type BenchOptions, benchCommand, parseSubject, type Subject } from "./command-line.ts";
import { measureLoad } from "./commands/load.ts";
import { type Audience, benchFile } from "./commands/measurement.ts";
import { measureOperations } from "./commands/operations.ts";
import { writeReport } from "./commands/report.ts";
import { measureStep } from "./commands/step.ts";
import { ratioText, rowText } from "./report/format.ts";

const resultsFolder = join(repositoryRoot, "runs", "bench");
const reportFile = join(repositoryRoot, "docs", "performance.md");

const terminal: Audience = {
  row: (row) => console.log(rowText(row)),
  note: (line) => console.log(line),
};

async function runBench(options: BenchOptions, operands: readonly string[]): Promise<number> {
  const subject = parseSubject(operands);
  if (subject === "report") {
    console.log(await writeReport(resultsFolder, reportFile));
    return 0;
  }
  const { rows, setting } = await measure(subject, options);
  const command = ["pnpm bench", ...process.argv.slice(2)].join(" ");
  const file = benchFile(command, options, setting, rows);
  const text = `${JSON.stringify(file, undefined, 2)}\n`;
  for (const path of [
    join(resultsFolder, `${resultName(subject, options)}.json`),
    ...(options.json === undefined ? [] : [resolve(workingFolder(process.env), options.json)]),
  ]) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`\nWritten to ${path}`);
  }
  console.log(ratioText(file.ratios));
  if (file.adapter?.isSoftware) console.log("All of it on a software adapter: it says nothing of any GPU.");
  return 0;
}

function measure(
  subject: Exclude<Subject, "report">,
  options: BenchOptions,
): ReturnType<typeof measureLoad> | ReturnType<typeof measureStep> {
  switch (subject) {
    case "gemm":
    case "conv":
      return measureOperations(subject, options, terminal);
    case "step":
      return measureStep(options, terminal);
    case "load":
      return measureLoad(options, terminal);
  }
}

/** Runs that measure different things do not replace each other's results. */
function resultName(subject: Subject, { backend, batch, model, threads, towers, precision }: BenchOptions): string {
  const parts = [
    subject,
    backend,
    model,
    batch && `batch-${batch}`,
    `threads-${threads}`,
    towers === 2 && "towers-2",
    precision === "f16" && precision,
  ];
  return parts.filter((part) => typeof part === "string").join("-");
}

process.exitCode = await runCommand(benchCommand, process.argv.slice(2), runBench);
