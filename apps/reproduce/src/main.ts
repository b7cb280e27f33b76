// `pnpm reproduce EXPERIMENT`: arguments and environment in, a report and an exit code out.
import { createRunDirectory, createRunFolder, type RunDirectory } from "@tandem/checkpoint";
import { UsageError } from "@tandem/core";
import { openDataset } from "@tandem/data";
import { openDevices } from "@tandem/devices";
import { attend, InterruptedError, runCommand, runsFolder, train, wantsPlan, workingFolder } from "trainer";
import { type ReproduceOptions, reproduceCommand } from "./command-line.ts";
import type { Experiment, Laboratory } from "./experiment.ts";
import { experiments } from "./experiments/index.ts";
import { plainReport, writeReport } from "./report-files.ts";

async function reproduce({ out, name, ...options }: ReproduceOptions, operands: readonly string[]): Promise<number> {
  const [experimentName = ""] = operands;
  const experiment = findExperiment(experimentName);
  const environment = process.env;
  const explain = wantsPlan(environment);
  const dataOptions = { workingFolder: workingFolder(environment) };
  const { name: dataName } = await openDataset(options.data, dataOptions);
  await using devices = await openDevices(environment);
  console.log(`Devices: ${devices.description}`);
  const defaultName = `${experimentName}-${dataName}`;
  const folder = await createRunFolder({ root: runsFolder(out, environment), name, defaultName });
  console.log(`Writing to ${folder.path}`);

  const { result: report, stopCode } = await attend((report, signal) => {
    const laboratory: Laboratory = {
      options,
      train: async (config, label) => {
        report({ kind: "note", text: `${experimentName}: ${label}` });
        // Opened anew, so that every training finds its test pictures unopened.
        const data = await openDataset(config.data, dataOptions);
        const openRun = (): Promise<RunDirectory> =>
          createRunDirectory({ root: folder.path, name: label, defaultName: label });
        const outcome = await train(config, { devices, data, openRun, report, signal, explain });
        if (outcome.kind === "interrupted") throw new InterruptedError();
        return outcome;
      },
    };
    return experiment.run(laboratory).catch((error: unknown) => {
      if (error instanceof InterruptedError) return undefined;
      throw error;
    });
  });
  if (report === undefined) {
    console.log(`Stopped. What was finished is in ${folder.path}`);
    return stopCode ?? 1;
  }
  const environmentOfResult = {
    devices: devices.description,
    command: `pnpm reproduce ${process.argv.slice(2).join(" ")}`,
  };
  await writeReport(folder.path, report, environmentOfResult);
  console.log(`\n${plainReport(report)}\n\n${folder.path}`);
  return 0;
}

/** Throws UsageError, naming the known ones. */
function findExperiment(name: string): Experiment {
  const experiment = experiments.get(name);
  if (experiment !== undefined) return experiment;
  throw new UsageError(`there is no experiment called "${name}"`, {
    hint: `the known ones are ${[...experiments.keys()].join(", ")}`,
  });
}

const exitCode = await runCommand(reproduceCommand, process.argv.slice(2), reproduce);
// Whoever pressed Ctrl-C does not wait for threads that still have something to do.
if (exitCode > 128) process.exit(exitCode);
process.exitCode = exitCode;
