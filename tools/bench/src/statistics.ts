// What is said of repeated measurements.
import { operand, UsageError } from "@tandem/core";

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Throws UsageError for no values. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new UsageError("there is nothing to say of no measurements");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = [operand(sorted, Math.floor((sorted.length - 1) / 2)), operand(sorted, Math.floor(sorted.length / 2))];
  return {
    median: (operand(middle, 0) + operand(middle, 1)) / 2,
    min: operand(sorted, 0),
    max: operand(sorted, sorted.length - 1),
    count: sorted.length,
  };
}

/** The summary of `work / x` for each x that `times` sums up: a rate, whose highest value belongs to the shortest time. */
export function rates(times: Summary, work: number): Summary {
  return { median: work / times.median, min: work / times.max, max: work / times.min, count: times.count };
}

/** Throws UsageError for no values. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new UsageError("there is no mean of no values");
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
