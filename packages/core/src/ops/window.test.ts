import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { convolvedShape } from "./convolution.ts";
import { type Pair, paddingOf, windowPositions } from "./window.ts";

const small = (min: number, max: number) => fc.integer({ min, max });
const geometry = fc.record({
  size: small(1, 12),
  window: small(1, 4),
  stride: small(1, 4),
  dilation: small(1, 3),
  padding: fc.tuple(small(0, 3), small(0, 3)),
});

test("positions are the starts at which the whole window lies in the padded axis", () => {
  fc.assert(
    fc.property(geometry, ({ size, window, stride, dilation, padding }) => {
      const starts: number[] = [];
      for (let start = -padding[0]; start + (window - 1) * dilation < size + padding[1]; start += stride)
        starts.push(start);
      const count = () => windowPositions(size, window, stride, dilation, padding, "width");
      if (starts.length === 0) expect(count).toThrow(ShapeError);
      else expect(count()).toBe(starts.length);
    }),
  );
});

describe("padding", () => {
  test.each([
    [
      "valid",
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      2,
      [
        [2, 2],
        [2, 2],
      ],
    ],
    [
      [1, 2],
      [
        [1, 1],
        [2, 2],
      ],
    ],
    [
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 1],
        [2, 3],
      ],
    ],
  ] as const)("%j is %j", (option, expected) => {
    expect(paddingOf(option, [8, 8], [3, 3], [1, 1], [1, 1])).toEqual(expected);
  });

  test("same gives ceil(size / stride) positions, with the odd row at the end", () => {
    fc.assert(
      fc.property(geometry, ({ size, window, stride, dilation }) => {
        const square = (value: number): Pair => [value, value];
        const [side] = paddingOf("same", square(size), square(window), square(stride), square(dilation));
        expect(windowPositions(size, window, stride, dilation, side, "height")).toBe(Math.ceil(size / stride));
        expect([0, 1]).toContain(side[1] - side[0]);
      }),
    );
  });
});

test.each([
  // AlexNet's convolutions, then a grouped dilated one.
  {
    input: [1, 224, 224, 3],
    filter: [11, 11, 3, 96],
    strides: 4,
    padding: [
      [1, 2],
      [1, 2],
    ],
    groups: 1,
    dilation: 1,
    output: [1, 55, 55, 96],
  },
  {
    input: [1, 27, 27, 96],
    filter: [5, 5, 48, 256],
    strides: 1,
    padding: [
      [2, 2],
      [2, 2],
    ],
    groups: 2,
    dilation: 1,
    output: [1, 27, 27, 256],
  },
  {
    input: [2, 9, 7, 6],
    filter: [3, 2, 2, 9],
    strides: 2,
    padding: [
      [0, 1],
      [2, 0],
    ],
    groups: 3,
    dilation: 2,
    output: [2, 3, 4, 9],
  },
] as const)("$input by $filter is $output", ({ input, filter, strides, padding, groups, dilation, output }) => {
  const attributes = {
    strides: [strides, strides] as const,
    padding,
    dilations: [dilation, dilation] as const,
    groups,
    accumulate: "f32" as const,
  };
  expect(convolvedShape(input, filter, attributes)).toEqual(output);
});
