// The trainer's command: arguments and environment in, a run's folder and an exit code out.
import { createRunDirectory, type FindRunOptions, openRunDirectory, type RunDirectory } from "@tandem/checkpoint";
import { UsageError } from "@tandem/core";
import { openDataset } from "@tandem/data";
import { openDevices } from "@tandem/devices";
import { attend } from "./attend.ts";
import { runCommand } from "./command.ts";
import { type TrainerOptions, trainerCommand } from "./command-line.ts";
import { runsFolder, wantsPlan, workingFolder } from "./invocation.ts";
import { configFor } from "./preset.ts";
import { readConfig, resumedConfig } from "./stored-config.ts";
import { formatResult } from "./summary.ts";
import { train } from "./train.ts";

async function runTrainer({ out, name, resume, ...choices }: TrainerOptions): Promise<number> {
  const environment = process.env;
  const explain = wantsPlan(environment);
  const root = runsFolder(out, environment);
  const resumed = await findRun(resume, name, { root, workingFolder: workingFolder(environment) });
  const config =
    resumed === undefined ? configFor(choices) : resumedConfig(await readConfig(resumed), choices, resumed.path);
  const data = await openDataset(config.data, { workingFolder: workingFolder(environment) });
  await using devices = await openDevices(environment, {
    usefulDevices: config.parallel === "data" ? REPLICAS : config.towers,
  });
  console.log(`Devices: ${devices.description}`);
  const defaultName = `${config.model}-${data.name}`;
  const openRun = async (): Promise<RunDirectory> => resumed ?? createRunDirectory({ root, name, defaultName });

  const { result: outcome, stopCode } = await attend((report, signal) =>
    train(config, { devices, data, openRun, resume: resumed !== undefined, report, signal, explain }),
  );
  switch (outcome.kind) {
    case "finished":
      console.log(
        `\n${formatResult(outcome.summary, outcome.baseline, `${data.name}, ${outcome.pictures} test pictures`)}`,
      );
      console.log(outcome.folder);
      return 0;
    case "interrupted":
      console.log(`Stopped after step ${outcome.step}; saved to ${outcome.savedTo}`);
      return stopCode ?? 1;
  }
}

/** Devices that a batch is divided between where the environment names none. */
const REPLICAS = 2;

/** The run to go on with, if one is named. */
async function findRun(
  resume: string | undefined,
  name: string | undefined,
  options: FindRunOptions,
): Promise<RunDirectory | undefined> {
  if (resume === undefined) return undefined;
  if (name === undefined) return await openRunDirectory(resume, options);
  throw new UsageError("--resume goes on in the run's own folder, so that it cannot have another --name");
}

const exitCode = await runCommand(trainerCommand, process.argv.slice(2), runTrainer);
// Whoever pressed Ctrl-C does not wait for threads that still have something to do.
if (exitCode > 128) process.exit(exitCode);
process.exitCode = exitCode;
