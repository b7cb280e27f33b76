// Axes that every operand steps through as if they were one become one, which leaves less index arithmetic.
import { extent, type Shape } from "@tandem/core";

export interface MergedAxes {
  /** At least one axis. */
  readonly shape: Shape;
  /** Of each operand, an entry an axis. */
  readonly strides: readonly (readonly number[])[];
}

/** `strides` holds, for each operand, the distance in elements of neighbours along each axis of `shape`. */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]): MergedAxes {
  const merged: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const last = merged.length - 1;
    const isContinued =
      last >= 0 && strides.every((operand, index) => steps[index]?.[last] === extent(operand, axis) * size);
    if (isContinued) merged[last] = extent(merged, last) * size;
    else merged.push(size);
    for (const [index, operand] of strides.entries()) {
      const own = steps[index] ?? [];
      own[merged.length - 1] = extent(operand, axis);
    }
  }
  if (merged.length === 0) return { shape: [1], strides: strides.map(() => [0]) };
  return { shape: merged, strides: steps };
}
