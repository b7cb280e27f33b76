// A progress bar at the bottom of a terminal, with lasting lines above it.
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import { formatNumber, formatPercent, formatSeconds } from "./format.ts";
import { epochLine } from "./plain-reporter.ts";
import type { DisposableReporter, Reporter } from "./training-events.ts";

/** Draws on `stream` until disposed of, which takes the bar away and shows the cursor again. */
export function barReporter(stream: NodeJS.WriteStream): DisposableReporter {
  // One bar for whatever is going on; of MultiBar's abilities, the lines above it are what is wanted.
  const bars = new MultiBar(
    {
      stream,
      format: "{bar} {percentage}% {text}",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // Signals are the trainer's to handle.
      gracefulExit: false,
      fps: 8,
    },
    Presets.shades_classic,
  );
  let bar: SingleBar | undefined;
  let totalSteps = 0;
  const show = (done: number, total: number, text: string): void => {
    bar ??= bars.create(total, 0, { text });
    bar.setTotal(total);
    bar.update(done, { text });
  };
  const print = (text: string): void => {
    if (bar === undefined) {
      stream.write(`${text}\n`);
      return;
    }
    bars.log(`${text}\n`);
    bars.update();
  };
  const report: Reporter = (event) => {
    switch (event.kind) {
      case "note":
        print(event.text);
        break;
      case "start":
        totalSteps = event.totalSteps;
        show(0, totalSteps, "first step");
        break;
      case "step": {
        const text = [
          `epoch ${event.epoch}`,
          `loss ${formatNumber(event.loss)}`,
          `error ${formatPercent(event.error)}`,
          ...(event.lossScale === undefined ? [] : [`loss scale ${event.lossScale}`]),
          `${formatNumber(event.imagesPerSecond)} images/s`,
          `${formatSeconds(event.secondsLeft)} left`,
        ].join(" | ");
        show(event.step, totalSteps, text);
        break;
      }
      case "epoch":
        print(epochLine(event));
        break;
      case "evaluation":
        show(event.done, event.total, `${event.what} | ${event.done} of ${event.total} pictures`);
        break;
    }
  };
  return { report, [Symbol.dispose]: () => bars.stop() };
}
