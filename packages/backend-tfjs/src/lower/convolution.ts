// Convolutions in groups as one for each group, and the gradient of the input, which tfjs has ten times slower than its forward
// convolution, as a forward convolution of moved operands.
import {
  type ConvolutionAttributes,
  type ConvolutionFilterGradientAttributes,
  type ConvolutionInputGradientAttributes,
  concatenate,
  conv2d,
  conv2dFilterGradient,
  conv2dInputGradient,
  extent,
  flip,
  full,
  type Pair,
  pad,
  type Shape,
  slice,
  sliceAxis,
  type Tensor,
  transpose,
} from "@tandem/core";

const CHANNELS = 3;

/** Input and output channels of a group lie side by side: applies `convolve` to each group and concatenates the results. */
function byGroups(groups: number, a: Tensor, b: Tensor, convolve: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const part = (x: Tensor, group: number): Tensor => {
    const channels = extent(x.shape, CHANNELS) / groups;
    return sliceAxis(x, CHANNELS, group * channels, (group + 1) * channels);
  };
  const parts = Array.from({ length: groups }, (_, group) => convolve(part(a, group), part(b, group)));
  return concatenate(parts, CHANNELS);
}

export function lowerGroupedConv2d(x: Tensor, filterHwio: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { groups, ...geometry } = attributes;
  return byGroups(groups, x, filterHwio, (xPart, filterPart) => conv2d(xPart, filterPart, geometry));
}

export function lowerGroupedFilterGradient(
  x: Tensor,
  dy: Tensor,
  { filterShape, ...attributes }: ConvolutionFilterGradientAttributes,
): Tensor {
  const { groups } = attributes;
  const partShape = filterShape.map((size, axis) => (axis === CHANNELS ? size / groups : size));
  return byGroups(groups, x, dy, (xPart, dyPart) =>
    conv2dFilterGradient(xPart, dyPart, partShape, { ...attributes, groups: 1 }),
  );
}

/**
 * Cotangent of the input: the cotangent of the output, spread out by the strides, convolved with the filter turned round, input
 * and output channels swapped.
 */
export function lowerInputGradient(
  dy: Tensor,
  filterHwio: Tensor,
  { inputShape, ...attributes }: ConvolutionInputGradientAttributes,
): Tensor {
  const { groups, strides, dilations, padding } = attributes;
  if (groups > 1) {
    const partShape = inputShape.map((size, axis) => (axis === CHANNELS ? size / groups : size));
    return byGroups(groups, dy, filterHwio, (dyPart, filterPart) =>
      conv2dInputGradient(dyPart, filterPart, partShape, { ...attributes, groups: 1 }),
    );
  }
  const spread = pad(dy, {
    before: [0, 0, 0, 0],
    after: [0, 0, 0, 0],
    interior: [0, strides[0] - 1, strides[1] - 1, 0],
  });
  const ranges = ([0, 1] as const).map((axis) => {
    const reach = (extent(filterHwio.shape, axis) - 1) * dilations[axis];
    return fitted(extent(inputShape, axis + 1) + reach, extent(spread.shape, axis + 1), reach - padding[axis][0]);
  }) as [FittedRange, FittedRange];
  if (ranges.some(isOutside)) return full(inputShape, 0, { device: dy.device });
  const filterHwoi = transpose(flip(filterHwio, [0, 1]), [0, 1, 3, 2]);
  return conv2d(cropped(spread, ranges), filterHwoi, {
    dilations,
    padding: [ranges[0].padding, ranges[1].padding],
  });
}

/** A range that is to be made of an axis by cutting off what sticks out and padding what is missing. */
interface FittedRange {
  readonly start: number;
  readonly end: number;
  readonly padding: Pair;
}

/** The range of `length` positions that begins `before` positions before the axis (after its beginning, if negative). */
function fitted(length: number, size: number, before: number): FittedRange {
  const after = length - before - size;
  return {
    start: Math.max(0, -before),
    end: size - Math.max(0, -after),
    padding: [Math.max(0, before), Math.max(0, after)],
  };
}

/** Whether a range meets nothing but padding, so that everything computed from it is 0. */
function isOutside({ start, end }: FittedRange): boolean {
  return start >= end;
}

function cropped(x: Tensor, [vertical, horizontal]: readonly [FittedRange, FittedRange]): Tensor {
  const [batch = 0, , , channels = 0]: Shape = x.shape;
  return slice(x, [0, vertical.start, horizontal.start, 0], [batch, vertical.end, horizontal.end, channels]);
}
