// A line now and then: for logs, pipes and terminals that cannot move their cursor.
import { formatNumber, formatPercent, formatSeconds } from "./format.ts";
import type { EpochEvent, Reporter, StepEvent } from "./training-events.ts";

export interface PlainReporterOptions {
  readonly write: (line: string) => void;
  /** Seconds. */
  readonly now?: () => number;
  /** Seconds between lines about steps or evaluations. */
  readonly interval?: number;
}

export function plainReporter({
  write,
  now = () => performance.now() / 1000,
  interval = 10,
}: PlainReporterOptions): Reporter {
  let totalSteps = 0;
  let last = Number.NEGATIVE_INFINITY;
  const isDue = (): boolean => {
    if (now() - last < interval) return false;
    last = now();
    return true;
  };
  return (event) => {
    switch (event.kind) {
      case "note":
        write(event.text);
        break;
      case "start":
        totalSteps = event.totalSteps;
        break;
      case "step":
        if (isDue()) write(stepLine(event, totalSteps));
        break;
      case "epoch":
        write(epochLine(event));
        break;
      case "evaluation":
        if (isDue()) write(`${event.what}: ${event.done} of ${event.total} pictures`);
        break;
    }
  };
}

function stepLine(event: StepEvent, totalSteps: number): string {
  return [
    `step ${event.step}/${totalSteps}`,
    `loss ${formatNumber(event.loss)}`,
    `error ${formatPercent(event.error)}`,
    ...(event.lossScale === undefined ? [] : [`loss scale ${event.lossScale}`]),
    `${formatNumber(event.imagesPerSecond)} images/s`,
    `${formatSeconds(event.secondsLeft)} left`,
  ].join("  ");
}

/** What an epoch came to; both reporters print it. */
export function epochLine(event: EpochEvent): string {
  return [
    `epoch ${event.epoch}/${event.epochs}`,
    `loss ${formatNumber(event.loss)}`,
    `training error ${formatPercent(event.error)}`,
    `validation error ${formatPercent(event.validation.top1)} (top-5 ${formatPercent(event.validation.top5)})${event.isBest ? ", the lowest so far" : ""}`,
    `learning rate ${formatNumber(event.learningRate)}`,
    formatSeconds(event.seconds),
  ].join("  ");
}
