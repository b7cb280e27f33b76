// On one axis, pixel y lies under tap t of output position p where y = p * stride + t * dilation - padding. Pixels with the same
// remainder by the stride lie under the same taps, and their positions go up with them one by one.

export interface AxisClass {
  /** The first pixel, from one to the next, and how many there are; none of them is outside of the picture. */
  readonly first: number;
  readonly step: number;
  readonly count: number;
  /** The first tap, from one to the next, and how many there are. */
  readonly tap: number;
  readonly tapStep: number;
  readonly taps: number;
  /** The position whose first tap the first pixel lies under, maybe outside of the output; from one tap to the next it changes so. */
  readonly output: number;
  readonly outputStep: number;
}

/** Every pixel of an axis of `size` is in one class. */
export function axisClasses(
  size: number,
  filter: number,
  stride: number,
  dilation: number,
  padding: number,
): readonly AxisClass[] {
  const common = commonDivisor(stride, dilation);
  const tapStep = stride / common;
  return Array.from({ length: Math.min(stride, size) }, (_, first): AxisClass => {
    const tap = Array.from({ length: Math.min(tapStep, filter) }, (_, each) => each).find(
      (each) => (first + padding - each * dilation) % stride === 0,
    );
    const pixels = { first, step: stride, count: Math.ceil((size - first) / stride) };
    if (tap === undefined) return { ...pixels, tap: 0, tapStep: 1, taps: 0, output: 0, outputStep: -1 };
    const output = (first + padding - tap * dilation) / stride;
    const taps = Math.ceil((filter - tap) / tapStep);
    return { ...pixels, tap, tapStep, taps, output, outputStep: -dilation / common };
  });
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
