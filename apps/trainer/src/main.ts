// The trainer's command: arguments and environment in, a run's folder and an exit code out.
import { createRunDirectory } from "@tandem/checkpoint";
import { openDataset } from "@tandem/data";
import { openDevices } from "@tandem/devices";
import { type TrainerOptions, trainerCommand } from "./command-line.ts";
import { describeFailure } from "./failure.ts";
import { formatNumber, formatSeconds } from "./format.ts";
import { runsFolder, wantsPlan, workingFolder } from "./invocation.ts";
import { parseOptions } from "./parse-options.ts";
import { configFor } from "./preset.ts";
import { listenForStop } from "./stop-request.ts";
import { formatResult } from "./summary.ts";
import { terminalReporter } from "./terminal-reporter.ts";
import { train } from "./train.ts";

const FAILED = 1;

async function run({ out, name, ...choices }: TrainerOptions): Promise<number> {
  const environment = process.env;
  const explain = wantsPlan(environment);
  const data = await openDataset(choices.data, { workingFolder: workingFolder(environment) });
  await using devices = await openDevices();
  console.log(devices.description);
  const directory = await createRunDirectory({
    root: runsFolder(out, environment),
    ...(name !== undefined && { name }),
    defaultName: `${choices.model}-${data.name}`,
  });
  console.log(`Writing to ${directory.path}`);

  using reporter = terminalReporter(process.stdout);
  const stop = listenForStop(process, () => {
    reporter.report({ kind: "note", text: "Stopping after this step; Ctrl-C again ends at once, without saving" });
  });
  const outcome = await train(configFor(choices), {
    devices: devices.group,
    data,
    run: directory,
    report: reporter.report,
    signal: stop.signal,
    explain,
  }).finally(() => {
    reporter[Symbol.dispose]();
    stop.release();
  });
  switch (outcome.kind) {
    case "finished": {
      const { summary, baseline, pictures } = outcome;
      console.log(`\n${formatResult(summary, baseline, `${data.name}, ${pictures} test pictures`)}`);
      console.log(
        `\n${formatSeconds(summary.seconds)}, ${formatNumber(summary.imagesPerSecond)} images/s in training, ` +
          `${summary.parameters.toLocaleString("en-US")} parameters. ${directory.path}`,
      );
      return 0;
    }
    case "interrupted":
      console.log(`Stopped after step ${outcome.step}; saved to ${outcome.savedTo}`);
      return stop.exitCode ?? FAILED;
  }
}

const command = parseOptions(trainerCommand, process.argv.slice(2));
if (command.kind === "text") {
  const stream = command.exitCode === 0 ? process.stdout : process.stderr;
  stream.write(`${command.text}\n`);
  process.exitCode = command.exitCode;
} else {
  process.exitCode = await run(command.options).catch((error: unknown) => {
    process.stderr.write(`${describeFailure(error)}\n`);
    return FAILED;
  });
}
