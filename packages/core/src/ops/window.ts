// Geometry of sliding windows over the height and width of NHWC tensors, shared by convolution and pooling.
import { ShapeError } from "../errors.ts";

/** [height, width]. */
export type Pair = readonly [number, number];
/** [[top, bottom], [left, right]]: rows and columns added around a picture. */
export type Padding = readonly [Pair, Pair];

/** A number for both axes, or one for each; for padding also all four sides. */
export type PairOption = number | Pair;
export type PaddingOption = number | Pair | Padding | "same" | "valid";

export function pairOf(option: PairOption): Pair {
  return typeof option === "number" ? [option, option] : [option[0], option[1]];
}

/** Positions that a window can take, or a ShapeError when it takes none. */
export function windowPositions(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  [before, after]: Pair,
  axis: string,
): number {
  const whole = [window, stride, dilation, before, after].every(Number.isInteger);
  if (!whole || window < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) {
    throw new ShapeError(
      `${axis} has window ${window}, stride ${stride} and dilation ${dilation}, which must be 1 or more, and padding ${before}, ${after}, which must be 0 or more, all whole`,
    );
  }
  const reach = (window - 1) * dilation + 1;
  const positions = Math.floor((size + before + after - reach) / stride) + 1;
  if (positions < 1) {
    throw new ShapeError(`a window of ${reach} does not fit in ${axis} ${size} padded by ${before} and ${after}`, {
      hint: "pad more, or use a smaller window",
    });
  }
  return positions;
}

/** Resolves `same` (output = ceil(input / stride), the odd row at the end) and shorthands to four sides. */
export function paddingOf(option: PaddingOption, size: Pair, window: Pair, strides: Pair, dilations: Pair): Padding {
  if (option === "valid")
    return [
      [0, 0],
      [0, 0],
    ];
  if (option === "same") {
    const side = (axis: 0 | 1): Pair => {
      const reach = (window[axis] - 1) * dilations[axis] + 1;
      const total = Math.max(0, (Math.ceil(size[axis] / strides[axis]) - 1) * strides[axis] + reach - size[axis]);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
    return [side(0), side(1)];
  }
  if (typeof option === "number")
    return [
      [option, option],
      [option, option],
    ];
  const [vertical, horizontal] = option;
  return [pairOf(vertical), pairOf(horizontal)];
}
