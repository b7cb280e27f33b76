// Sums over seeds.

/** The middle value, or the mean of the two in the middle. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError("the median of no values");
  return (low + high) / 2;
}

/** A percentage to one decimal; of several seeds the median, with the lowest and the highest: `12.9 (12.7-13.4)`. */
export function overSeeds(percentages: readonly number[]): string {
  const middle = median(percentages).toFixed(1);
  if (percentages.length === 1) return middle;
  return `${middle} (${Math.min(...percentages).toFixed(1)}-${Math.max(...percentages).toFixed(1)})`;
}
