// Max- and average-pooling over windows of NHWC tensors, overlapping or not, padded or not.
import { accumulatorOf, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { conv2dOp } from "./convolution.ts";
import { div, full } from "./elementwise.ts";
import { reshape, transpose } from "./movement.ts";
import {
  type Padding,
  type PaddingOption,
  type Pair,
  type PairOption,
  paddingOf,
  pairOf,
  windowPositions,
} from "./window.ts";

export type PoolAttributes = {
  readonly window: Pair;
  readonly strides: Pair;
  /** Never larger than the window, so that no window sees padding alone; padding never wins a maximum. */
  readonly padding: Padding;
};
export type AveragePoolAttributes = PoolAttributes & {
  /** Divide by the window's size also where it overhangs the picture. */
  readonly countPadding: boolean;
};

/** Shape [n, outHeight, outWidth, channels] of an NHWC input after pooling. */
export function pooledShape(input: Shape, { window, strides, padding }: PoolAttributes): Shape {
  if (input.length !== 4) throw new ShapeError(`expects an NHWC input, found ${formatShape(input)}`);
  const [batch, height, width, channels] = input as [number, number, number, number];
  for (const axis of [0, 1] as const) {
    if (Math.max(...padding[axis]) >= window[axis]) {
      throw new ShapeError(`padding ${padding[axis].join(", ")} must be smaller than the window of ${window[axis]}`);
    }
  }
  return [
    batch,
    windowPositions(height, window[0], strides[0], 1, padding[0], "height"),
    windowPositions(width, window[1], strides[1], 1, padding[1], "width"),
    channels,
  ];
}

function requirePooled(role: string, found: ArrayType, input: ArrayType, attributes: PoolAttributes): void {
  const expected = pooledShape(input.shape, attributes);
  if (!sameShape(found.shape, expected)) {
    throw new ShapeError(`${role} has shape ${formatShape(found.shape)}, the pooled input ${formatShape(expected)}`);
  }
}

function windowFlops(output: ArrayType, { window }: PoolAttributes): number {
  return elementCount(output.shape) * window[0] * window[1];
}

/** Largest element of each window; the first in row-major order wins a tie. */
export const maxPool2dOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: "maxPool2d",
  roles: ["input"],
  infer(inputs, attributes) {
    const x = operand(inputs, 0);
    if (!isFloat(x.dtype)) throw new DTypeError(`expects floats, found ${x.dtype}`);
    return [{ dtype: x.dtype, shape: pooledShape(x.shape, attributes) }];
  },
  vjp({ inputs, outputs, cotangents: [dy], attributes }) {
    return [dy && (() => maxPool2dGradient(operand(inputs, 0), operand(outputs, 0), dy, attributes))];
  },
  flops: (_inputs, outputs, attributes) => windowFlops(operand(outputs, 0), attributes),
});

/** Adds each cotangent at the position its window's maximum came from. Inputs: x, its pooled y, the cotangent of y. */
export const maxPool2dGradientOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: "maxPool2dGradient",
  roles: ["input", "output", "cotangent"],
  infer(inputs, attributes) {
    const [x, y, dy] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
    requirePooled("output", y, x, attributes);
    requirePooled("cotangent", dy, x, attributes);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  vjp({ inputs, cotangents: [dx], attributes }) {
    return [undefined, undefined, dx && (() => maxPool2dPick(operand(inputs, 0), dx, attributes))];
  },
  flops: (inputs, _outputs, attributes) => windowFlops(operand(inputs, 1), attributes),
});

/** Reads `values` at the positions where the windows of x have their maximum: the transpose of the gradient. */
export const maxPool2dPickOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: "maxPool2dPick",
  roles: ["input", "values"],
  infer(inputs, attributes) {
    const [x, values] = [operand(inputs, 0), operand(inputs, 1)];
    if (!sameShape(x.shape, values.shape)) {
      throw new ShapeError(`values have shape ${formatShape(values.shape)}, the input ${formatShape(x.shape)}`);
    }
    return [{ dtype: values.dtype, shape: pooledShape(x.shape, attributes) }];
  },
  vjp({ inputs, cotangents: [dy], attributes }) {
    const x = operand(inputs, 0);
    return [undefined, dy && (() => maxPool2dGradient(x, applyOp1(maxPool2dOp, [x], attributes), dy, attributes))];
  },
  flops: (_inputs, outputs, attributes) => windowFlops(operand(outputs, 0), attributes),
});

/** Mean of each window: a convolution of every channel with a constant filter. */
export const averagePool2dOp: Op<AveragePoolAttributes> = defineOp<AveragePoolAttributes>({
  name: "averagePool2d",
  roles: ["input"],
  infer(inputs, attributes) {
    const x = operand(inputs, 0);
    if (!isFloat(x.dtype)) throw new DTypeError(`expects floats, found ${x.dtype}`);
    return [{ dtype: x.dtype, shape: pooledShape(x.shape, attributes) }];
  },
  decompose(inputs, attributes) {
    const x = operand(inputs, 0);
    const sums = windowSums(x, attributes);
    if (attributes.countPadding || attributes.padding.flat().every((side) => side === 0)) {
      return [div(sums, attributes.window[0] * attributes.window[1])];
    }
    const [, height = 1, width = 1] = x.shape;
    const covered = windowSums(full([1, height, width, 1], 1, { dtype: x.dtype, device: x.device }), attributes);
    return [div(sums, covered)];
  },
  flops: (_inputs, outputs, attributes) => windowFlops(operand(outputs, 0), attributes),
});

/** Sum of each window, by moving channels beside the pictures so that one small filter serves them all. */
function windowSums(x: Tensor, { window, strides, padding }: PoolAttributes): Tensor {
  const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
  const planes = reshape(transpose(x, [0, 3, 1, 2]), [batch * channels, height, width, 1]);
  const ones = full([window[0], window[1], 1, 1], 1, { dtype: x.dtype, device: x.device });
  const attributes = { strides, padding, dilations: [1, 1] as const, groups: 1, accumulate: accumulatorOf(x.dtype) };
  const sums = applyOp1(conv2dOp, [planes, ones], attributes);
  const [, outHeight = 1, outWidth = 1] = sums.shape;
  return transpose(reshape(sums, [batch, channels, outHeight, outWidth]), [0, 2, 3, 1]);
}

function maxPool2dGradient(x: Tensor, y: Tensor, dy: Tensor, attributes: PoolAttributes): Tensor {
  return applyOp1(maxPool2dGradientOp, [x, y, dy], attributes);
}

function maxPool2dPick(x: Tensor, values: Tensor, attributes: PoolAttributes): Tensor {
  return applyOp1(maxPool2dPickOp, [x, values], attributes);
}

export interface PoolOptions {
  readonly window: PairOption;
  /** By default the window: no overlap. */
  readonly strides?: PairOption;
  readonly padding?: PaddingOption;
}

function resolve(x: Tensor, options: PoolOptions): PoolAttributes {
  const window = pairOf(options.window);
  const strides = pairOf(options.strides ?? window);
  const [, height = 0, width = 0] = x.shape;
  return { window, strides, padding: paddingOf(options.padding ?? "valid", [height, width], window, strides, [1, 1]) };
}

/** Max-pooling of x [n, height, width, channels]; the paper's is window 3, strides 2. */
export function maxPool2d(x: Tensor, options: PoolOptions): Tensor {
  return applyOp1(maxPool2dOp, [x], resolve(x, options));
}

/** Average-pooling of x [n, height, width, channels]. */
export function averagePool2d(x: Tensor, options: PoolOptions & { readonly countPadding?: boolean }): Tensor {
  return applyOp1(averagePool2dOp, [x], { ...resolve(x, options), countPadding: options.countPadding ?? true });
}
