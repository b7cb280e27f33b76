// Operands for the peers in JavaScript, and the shapes they have there.
import { type ConvolutionTask, convolvedSize, type MatmulTask } from "../task.ts";

/** From -0.5 to 0.5. */
export function randomNumbers(shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length: count }, () => Math.random() - 0.5);
}

export function matmulShapes({ m, k, n, transposeA, transposeB }: MatmulTask): readonly [number[], number[]] {
  return [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]];
}

/** Channels first: pictures, filters [maps, channels of a group, kernel, kernel] and results. */
export function channelsFirst(task: ConvolutionTask): Readonly<Record<"input" | "filter" | "output", number[]>> {
  const { batch, channels, size, maps, groups, kernel } = task;
  const side = convolvedSize(task);
  return {
    input: [batch, channels, size, size],
    filter: [maps, channels / groups, kernel, kernel],
    output: [batch, maps, side, side],
  };
}
