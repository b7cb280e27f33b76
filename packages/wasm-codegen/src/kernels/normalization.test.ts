import { elementCount, type LocalResponseNormalizationAttributes } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runKernel1, type Value, value } from "./run-kernel.test-support.ts";

/** Numbers between -2 and 2. */
function numbers(rows: number, channels: number, seed: number): Value {
  const elements = Array.from({ length: rows * channels }, (_, index) => 2 * Math.sin(index * seed + seed));
  return value("f32", [rows, channels], elements);
}

/** y = x / (k + alpha * sum of neighbours' squares)^beta, and what a cotangent of y gives x, as the formulas say. */
function normalized(x: Value, dy: Value, { size, k, alpha, beta }: LocalResponseNormalizationAttributes) {
  const [rows = 0, channels = 0] = x.type.shape;
  const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  const y: number[] = [];
  const dx = new Float64Array(elementCount(x.type.shape));
  for (let row = 0; row < rows; row++) {
    const at = (data: ArrayLike<number>, channel: number): number => data[row * channels + channel] ?? 0;
    for (let channel = 0; channel < channels; channel++) {
      const window = Array.from({ length: size }, (_, index) => channel - before + index).filter(
        (neighbour) => neighbour >= 0 && neighbour < channels && neighbour <= channel + after,
      );
      const scale = k + alpha * window.reduce((sum, neighbour) => sum + at(x.data, neighbour) ** 2, 0);
      y.push(at(x.data, channel) * scale ** -beta);
      const share = at(dy.data, channel) * at(x.data, channel) * scale ** (-beta - 1) * 2 * alpha * beta;
      const position = row * channels + channel;
      dx[position] = (dx[position] ?? 0) + at(dy.data, channel) * scale ** -beta;
      for (const neighbour of window) {
        const target = row * channels + neighbour;
        dx[target] = (dx[target] ?? 0) - share * at(x.data, neighbour);
      }
    }
  }
  return { y, dx };
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const worst = Array.from(found).reduce(
    (most, have, index) => Math.max(most, Math.abs(have - (wanted[index] ?? 0))),
    0,
  );
  expect(found.length).toBe(wanted.length);
  expect(worst).toBeLessThan(1e-5);
}

describe("local response normalization is what its formula says", () => {
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    channels: fc.integer({ min: 1, max: 30 }),
    settings: fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      k: fc.constantFrom(1, 2),
      alpha: fc.constantFrom(1e-4, 0.5),
      beta: fc.constantFrom(0.75, 0.5, 0.6),
    }),
  });

  test("in both directions, for any number of channels and any window", () => {
    fc.assert(
      fc.property(cases, ({ rows, channels, settings }) => {
        const [x, dy] = [numbers(rows, channels, 0.7), numbers(rows, channels, 1.3)];
        const { y, dx } = normalized(x, dy, settings);
        const forward = runKernel1("localResponseNormalization", [x], settings);
        expectClose(forward.data, y);
        expectClose(runKernel1("localResponseNormalizationGradient", [x, forward, dy], settings).data, dx);
      }),
      { numRuns: 150 },
    );
  });

  test("more rows than go through the workspace at once", () => {
    const settings = { size: 5, k: 2, alpha: 0.1, beta: 0.75 };
    const [x, dy] = [numbers(700, 7, 0.7), numbers(700, 7, 1.3)];
    const { y, dx } = normalized(x, dy, settings);
    const forward = runKernel1("localResponseNormalization", [x], settings);
    expectClose(forward.data, y);
    expectClose(runKernel1("localResponseNormalizationGradient", [x, forward, dy], settings).data, dx);
  });
});
