// What a finished training came to.
import type { BaselineErrors } from "@tandem/data";
import type { ViewErrors } from "./evaluate.ts";
import { formatNumber, formatPercent, formatSeconds } from "./format.ts";

/** summary.json. Errors are in percent, of the test pictures. */
export interface Summary {
  readonly top1Error: { readonly oneView: number; readonly tenViews: number };
  readonly top5Error: { readonly oneView: number; readonly tenViews: number };
  /** Of training, validation not counted. */
  readonly imagesPerSecond: number;
  /** From the start of the training to the end of the test. */
  readonly seconds: number;
  readonly backend: string;
  readonly devices: readonly string[];
  readonly parameters: number;
  /** The most that any one device held. */
  readonly peakBytes: number;
  readonly seed: number;
}

export function summarize(errors: ViewErrors, rest: Omit<Summary, "top1Error" | "top5Error">): Summary {
  const { oneView, tenViews } = errors;
  return {
    top1Error: { oneView: oneView.top1, tenViews: tenViews.top1 },
    top5Error: { oneView: oneView.top5, tenViews: tenViews.top5 },
    ...rest,
  };
}

/** The errors as a small table, beside those of the baseline on the same pictures, and what they took. */
export function formatResult(summary: Summary, baseline: BaselineErrors, title: string): string {
  const { top1Error, top5Error, seconds, imagesPerSecond, parameters } = summary;
  const rows = [
    [title, "top-1 error", "top-5 error"],
    ["one view (the centre)", formatPercent(top1Error.oneView), formatPercent(top5Error.oneView)],
    ["ten views, averaged", formatPercent(top1Error.tenViews), formatPercent(top5Error.tenViews)],
    ["nearest neighbour, downsampled pixels", formatPercent(baseline.top1Error), formatPercent(baseline.top5Error)],
  ] as const;
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, top1, top5]) => `${name.padEnd(width)}  ${top1.padStart(11)}  ${top5.padStart(11)}`),
    "",
    `${formatSeconds(seconds)}; ${formatNumber(imagesPerSecond)} images/s in training; ${parameters.toLocaleString("en-US")} parameters`,
  ].join("\n");
}
