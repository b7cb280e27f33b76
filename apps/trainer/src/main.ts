// The trainer's command: arguments and environment in, a run's folder and an exit code out.
import { createRunDirectory, type RunDirectory } from "@tandem/checkpoint";
import { openDataset } from "@tandem/data";
import { openDevices } from "@tandem/devices";
import { attend } from "./attend.ts";
import { runCommand } from "./command.ts";
import { type TrainerOptions, trainerCommand } from "./command-line.ts";
import { runsFolder, wantsPlan, workingFolder } from "./invocation.ts";
import { configFor } from "./preset.ts";
import { formatResult } from "./summary.ts";
import { train } from "./train.ts";

async function runTrainer({ out, name, ...choices }: TrainerOptions): Promise<number> {
  const environment = process.env;
  const explain = wantsPlan(environment);
  const data = await openDataset(choices.data, { workingFolder: workingFolder(environment) });
  const config = configFor(choices);
  await using devices = await openDevices(environment, { usefulDevices: config.towers });
  console.log(`Devices: ${devices.description}`);
  const root = runsFolder(out, environment);
  const defaultName = `${choices.model}-${data.name}`;
  const openRun = (): Promise<RunDirectory> => createRunDirectory({ root, name, defaultName });

  const { result: outcome, stopCode } = await attend((report, signal) =>
    train(config, { devices, data, openRun, report, signal, explain }),
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

const exitCode = await runCommand(trainerCommand, process.argv.slice(2), runTrainer);
// Whoever pressed Ctrl-C does not wait for threads that still have something to do.
if (exitCode > 128) process.exit(exitCode);
process.exitCode = exitCode;
