// Two-dimensional convolution, NHWC by HWIO, and its two gradients: a closed triple, each one's gradients being the other two.
import { accumulatorOf, type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { type EpilogueAttributes, epilogueFlops, typeAfterEpilogue } from "./epilogue.ts";
import {
  type Padding,
  type PaddingOption,
  type Pair,
  type PairOption,
  paddingOf,
  pairOf,
  windowPositions,
} from "./window.ts";

export type ConvolutionAttributes = EpilogueAttributes & {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
  /** Input and output channels are split into this many groups that do not see each other. */
  readonly groups: number;
  readonly accumulate: DType;
};
export type ConvolutionInputGradientAttributes = ConvolutionAttributes & { readonly inputShape: Shape };
export type ConvolutionFilterGradientAttributes = ConvolutionAttributes & { readonly filterShape: Shape };

/** Shape [n, outHeight, outWidth, outChannels] of an NHWC input convolved with an HWIO filter. */
export function convolvedShape(input: Shape, filter: Shape, attributes: ConvolutionAttributes): Shape {
  const { strides, padding, dilations, groups } = attributes;
  if (input.length !== 4 || filter.length !== 4) {
    throw new ShapeError(`expects NHWC input and HWIO filter, found ${formatShape(input)} and ${formatShape(filter)}`);
  }
  const [batch, height, width, channels] = input as [number, number, number, number];
  const [filterHeight, filterWidth, filterIn, filterOut] = filter as [number, number, number, number];
  if (!Number.isInteger(groups) || groups < 1) throw new ShapeError(`groups must be 1 or more, found ${groups}`);
  if (channels !== filterIn * groups) {
    throw new ShapeError(
      `input has ${channels} channels, filter expects ${filterIn * groups}${groups > 1 ? ` (${groups} groups of ${filterIn})` : ""}`,
    );
  }
  if (filterOut % groups !== 0)
    throw new ShapeError(`${filterOut} output channels do not divide into ${groups} groups`);
  return [
    batch,
    windowPositions(height, filterHeight, strides[0], dilations[0], padding[0], "height"),
    windowPositions(width, filterWidth, strides[1], dilations[1], padding[1], "width"),
    filterOut,
  ];
}

function requireFloats(a: ArrayType, b: ArrayType): void {
  if (a.dtype !== b.dtype || !isFloat(a.dtype))
    throw new DTypeError(`expects floats of one type, found ${a.dtype} and ${b.dtype}`);
}

function multiplyAdds(outputShape: Shape, filterShape: Shape): number {
  return elementCount(outputShape) * extent(filterShape, 0) * extent(filterShape, 1) * extent(filterShape, 2);
}

export const conv2dOp: Op<ConvolutionAttributes> = defineOp<ConvolutionAttributes>({
  name: "conv2d",
  roles: ["input", "filter", "epilogue"],
  infer(inputs, attributes) {
    const [input, filter] = [operand(inputs, 0), operand(inputs, 1)];
    requireFloats(input, filter);
    const shape = convolvedShape(input.shape, filter.shape, attributes);
    return [typeAfterEpilogue({ dtype: input.dtype, shape }, inputs.slice(2), attributes)];
  },
  vjp({ inputs, cotangents: [dy], attributes }) {
    if (dy === undefined) return [undefined, undefined];
    const [x, filter] = [operand(inputs, 0), operand(inputs, 1)];
    return [
      () => conv2dInputGradient(dy, filter, x.shape, attributes),
      () => conv2dFilterGradient(x, dy, filter.shape, attributes),
    ];
  },
  flops(inputs, outputs, attributes) {
    const output = operand(outputs, 0);
    return 2 * multiplyAdds(output.shape, operand(inputs, 1).shape) + epilogueFlops(output, attributes);
  },
});

/** Checks a cotangent against the output that input and filter would have. */
function requireOutputShape(cotangent: Shape, input: Shape, filter: Shape, attributes: ConvolutionAttributes): void {
  const expected = convolvedShape(input, filter, attributes);
  if (formatShape(cotangent) !== formatShape(expected)) {
    throw new ShapeError(
      `cotangent has shape ${formatShape(cotangent)}, the convolution's output ${formatShape(expected)}`,
    );
  }
}

export const conv2dInputGradientOp: Op<ConvolutionInputGradientAttributes> =
  defineOp<ConvolutionInputGradientAttributes>({
    name: "conv2dInputGradient",
    roles: ["cotangent", "filter"],
    infer(inputs, attributes) {
      const [dy, filter] = [operand(inputs, 0), operand(inputs, 1)];
      requireFloats(dy, filter);
      requireOutputShape(dy.shape, attributes.inputShape, filter.shape, attributes);
      return [{ dtype: dy.dtype, shape: attributes.inputShape }];
    },
    vjp({ inputs, cotangents: [dx], attributes }) {
      if (dx === undefined) return [undefined, undefined];
      const [dy, filter] = [operand(inputs, 0), operand(inputs, 1)];
      return [() => applyConv2d(dx, filter, attributes), () => conv2dFilterGradient(dx, dy, filter.shape, attributes)];
    },
    flops: (inputs) => 2 * multiplyAdds(operand(inputs, 0).shape, operand(inputs, 1).shape),
  });

export const conv2dFilterGradientOp: Op<ConvolutionFilterGradientAttributes> =
  defineOp<ConvolutionFilterGradientAttributes>({
    name: "conv2dFilterGradient",
    roles: ["input", "cotangent"],
    infer(inputs, attributes) {
      const [x, dy] = [operand(inputs, 0), operand(inputs, 1)];
      requireFloats(x, dy);
      requireOutputShape(dy.shape, x.shape, attributes.filterShape, attributes);
      return [{ dtype: x.dtype, shape: attributes.filterShape }];
    },
    vjp({ inputs, cotangents: [dFilter], attributes }) {
      if (dFilter === undefined) return [undefined, undefined];
      const [x, dy] = [operand(inputs, 0), operand(inputs, 1)];
      return [() => conv2dInputGradient(dy, dFilter, x.shape, attributes), () => applyConv2d(x, dFilter, attributes)];
    },
    flops: (inputs, _outputs, { filterShape }) => 2 * multiplyAdds(operand(inputs, 1).shape, filterShape),
  });

/** The geometry without what is particular to one member of the triple. */
function geometry({ strides, padding, dilations, groups, accumulate }: ConvolutionAttributes): ConvolutionAttributes {
  return { strides, padding, dilations, groups, accumulate };
}

function applyConv2d(x: Tensor, filter: Tensor, attributes: ConvolutionAttributes): Tensor {
  return applyOp1(conv2dOp, [x, filter], geometry(attributes));
}

/** Cotangent of a convolution's input, of shape `inputShape`. */
export function conv2dInputGradient(
  dy: Tensor,
  filterHwio: Tensor,
  inputShape: Shape,
  attributes: ConvolutionAttributes,
): Tensor {
  return applyOp1(conv2dInputGradientOp, [dy, filterHwio], { ...geometry(attributes), inputShape: [...inputShape] });
}

/** Cotangent of a convolution's filter, of shape `filterShape`. */
export function conv2dFilterGradient(
  x: Tensor,
  dy: Tensor,
  filterShape: Shape,
  attributes: ConvolutionAttributes,
): Tensor {
  return applyOp1(conv2dFilterGradientOp, [x, dy], { ...geometry(attributes), filterShape: [...filterShape] });
}

export interface Conv2dOptions {
  readonly strides?: PairOption;
  readonly padding?: PaddingOption;
  readonly dilations?: PairOption;
  readonly groups?: number;
}

/** Convolves x [n, height, width, channels] with a filter [height, width, channels / groups, outChannels]. */
export function conv2d(x: Tensor, filterHwio: Tensor, options: Conv2dOptions = {}): Tensor {
  const strides = pairOf(options.strides ?? 1);
  const dilations = pairOf(options.dilations ?? 1);
  const [, height = 0, width = 0] = x.shape;
  const [filterHeight = 1, filterWidth = 1] = filterHwio.shape;
  const padding = paddingOf(
    options.padding ?? "valid",
    [height, width],
    [filterHeight, filterWidth],
    strides,
    dilations,
  );
  const accumulate = accumulatorOf(x.dtype);
  return applyConv2d(x, filterHwio, { strides, padding, dilations, groups: options.groups ?? 1, accumulate });
}
