import type { Attributes } from "@tandem/core";
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
