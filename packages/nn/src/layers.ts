// Layers with parameters, as functions of explicit parameters.
import { type Conv2dOptions, conv2d, matmul, type Tensor } from "@tandem/core";

export type LayerParameters<L> = {
  /** A convolution's filters [height, width, channels / groups, maps], or a linear layer's [inputs, units]. */
  readonly weight: L;
  /** One for each map or unit. */
  readonly bias: L;
};

/** x [n, height, width, channels] -> [n, outHeight, outWidth, maps]. */
export function convolution(x: Tensor, { weight, bias }: LayerParameters<Tensor>, options: Conv2dOptions = {}): Tensor {
  return conv2d(x, weight, options).add(bias);
}

/** x [n, inputs] -> [n, units]. */
export function linear(x: Tensor, { weight, bias }: LayerParameters<Tensor>): Tensor {
  return matmul(x, weight).add(bias);
}
