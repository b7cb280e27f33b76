// A progress bar at the bottom of a terminal, with lasting lines above it.
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import { formatNumber, formatPercent, formatSeconds } from "./format.ts";
import { epochLine } from "./plain-reporter.ts";
import type { DisposableReporter, Reporter } from "./training-events.ts";

/** Draws on `stream` until disposed of, which takes the bar away and shows the cursor again. */
export function barReporter(stream: NodeJS.WriteStream): DisposableReporter {
  const bars = new MultiBar(
    {
      stream,
      format: "{bar} {percentage}% {text}",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      // Signals are the trainer's to handle.
      gracefulExit: false,
      noTTYOutput: false,
      fps: 8,
    },
    Presets.shades_classic,
  );
  let training: SingleBar | undefined;
  let evaluation: SingleBar | undefined;
  const endEvaluation = (): void => {
    if (evaluation !== undefined) bars.remove(evaluation);
    evaluation = undefined;
  };
  const report: Reporter = (event) => {
    switch (event.kind) {
      case "note":
        // Without a bar there is nothing that would ever draw the line.
        if (training === undefined) stream.write(`${event.text}\n`);
        else bars.log(`${event.text}\n`);
        break;
      case "start":
        if (training !== undefined) bars.remove(training);
        training = bars.create(event.totalSteps, 0, { text: "starting" });
        break;
      case "step": {
        endEvaluation();
        const text = [
          `epoch ${event.epoch}`,
          `loss ${formatNumber(event.loss)}`,
          `error ${formatPercent(event.error)}`,
          `${formatNumber(event.imagesPerSecond)} images/s`,
          `${formatSeconds(event.secondsLeft)} left`,
        ].join(" | ");
        training?.update(event.step, { text });
        break;
      }
      case "epoch":
        endEvaluation();
        bars.log(`${epochLine(event)}\n`);
        break;
      case "evaluation":
        evaluation ??= bars.create(event.total, 0, { text: event.what });
        evaluation.update(event.done, { text: event.what });
        if (event.done >= event.total) endEvaluation();
        break;
    }
  };
  return {
    report,
    [Symbol.dispose]: () => {
      endEvaluation();
      bars.stop();
    },
  };
}
