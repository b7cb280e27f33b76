import type { Attributes, AveragePoolAttributes } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, referenceResult, runKernel1, type Value, value } from "./run-kernel.test-support.ts";

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

const fewRuns = { numRuns: 60 };

describe("pooling is what the reference does", () => {
  const pooled = fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      side: fc.integer({ min: 3, max: 9 }),
      channels: fc.integer({ min: 1, max: 9 }),
      window: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    })
    .filter(({ window, padding }) => Math.max(...padding) < window);

  test("ties, overlaps and padding included", () => {
    fc.assert(
      fc.property(pooled, ({ batch, side, channels, window, stride, padding }) => {
        const attributes = { window: [window, window], strides: [stride, stride], padding: [padding, padding] };
        const x = integers([batch, side, side, channels], 8);
        const y = runKernel1("maxPool2d", [x], attributes);
        expectReference("maxPool2d", [x], attributes);
        expectReference("maxPool2dGradient", [x, y, integers(y.type.shape, 9)], attributes);
        expectReference("maxPool2dPick", [x, integers(x.type.shape, 10)], attributes);
      }),
      fewRuns,
    );
  });

  test("NaN is larger than any number", () => {
    const attributes = {
      window: [2, 2],
      strides: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
    };
    const x = value(
      "f32",
      [1, 2, 2, 5],
      Array.from({ length: 20 }, (_, at) => (at === 6 || at === 11 ? Number.NaN : at)),
    );
    const y = runKernel1("maxPool2d", [x], attributes);
    expect([...y.data]).toEqual([15, Number.NaN, 17, 18, 19]);
    expectReference("maxPool2dGradient", [x, y, integers(y.type.shape, 9)], attributes);
    expectReference("maxPool2dPick", [x, integers(x.type.shape, 10)], attributes);
  });
});

/** The mean of the taps of a window that lie inside the picture, or of them and zeros. */
function means(x: Value, side: number, { window, strides, padding, countPadding }: AveragePoolAttributes): number[] {
  const [, height = 0, width = 0, channels = 0] = x.type.shape;
  const before = [padding[0][0], padding[1][0]];
  return Array.from({ length: side * side * channels }, (_, position) => {
    const [row, column, channel] = [
      Math.floor(position / channels / side),
      Math.floor(position / channels) % side,
      position % channels,
    ];
    const taps = Array.from({ length: window[0] * window[1] }, (_, tap) => {
      const y = row * strides[0] + Math.floor(tap / window[1]) - (before[0] ?? 0);
      const at = column * strides[1] + (tap % window[1]) - (before[1] ?? 0);
      return y < 0 || y >= height || at < 0 || at >= width ? undefined : x.data[(y * width + at) * channels + channel];
    });
    const inside = taps.filter((tap) => tap !== undefined);
    return inside.reduce((sum, tap) => sum + tap, 0) / (countPadding ? taps.length : inside.length);
  });
}

describe("average-pooling is the mean of each window", () => {
  test.each([
    { name: "without padding", side: 4, padding: 0, countPadding: true },
    { name: "counting padding", side: 5, padding: 1, countPadding: true },
    { name: "without counting padding", side: 5, padding: 1, countPadding: false },
  ])("$name", ({ side, padding, countPadding }) => {
    const attributes: AveragePoolAttributes = {
      window: [3, 3],
      strides: [2, 2],
      padding: [
        [padding, padding],
        [padding, padding],
      ],
      countPadding,
    };
    const x = integers([1, 9, 9, 7], 11);
    const found = runKernel1("averagePool2d", [x], attributes);
    expect(found.data).toEqual(Float32Array.from(means(x, side, attributes)));
  });
});
