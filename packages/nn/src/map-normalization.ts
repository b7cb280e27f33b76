// Local response normalization within each map: over a square of neighbouring positions instead of neighbouring channels.
import { averagePool2d, square, type Tensor, toAccumulator } from "@tandem/core";

export interface MapNormalizationOptions {
  /** Side of the square, odd. */
  readonly window: number;
  /** What the sum of squares is multiplied by. */
  readonly scale: number;
  readonly power: number;
}

/**
 * y = x / (1 + scale * sum of x^2 over the window)^power for x [n, height, width, channels]; positions outside the picture count
 * as zeros, and f16 is computed in f32. The 2012 code has scale 0.001 / 25, window 5, power 0.75.
 */
export function mapNormalization(x: Tensor, { window, scale, power }: MapNormalizationOptions): Tensor {
  const wide = toAccumulator(x);
  const means = averagePool2d(square(wide), {
    window,
    strides: 1,
    padding: Math.floor(window / 2),
    countPadding: true,
  });
  const denominator = means.mul(scale * window * window).add(1);
  return wide.mul(denominator.pow(-power)).cast(x.dtype);
}
