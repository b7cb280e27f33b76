import type { Attributes } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../machine.ts";
import { integers, openMachine, referenceResult, runKernel1, type Value } from "./run-kernel.test-support.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(machine, op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

describe("convolutions are what the reference does", () => {
  const convolved = fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 1, max: 11 }),
      width: fc.integer({ min: 1, max: 11 }),
      channels: fc.integer({ min: 1, max: 9 }),
      outChannels: fc.integer({ min: 1, max: 18 }),
      window: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      vertical: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
      horizontal: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    })
    .filter(({ height, width, window, dilations, vertical, horizontal }) => {
      const fits = (extent: number, [before, after]: number[], taps = 1, dilation = 1): boolean =>
        extent + (before ?? 0) + (after ?? 0) >= (taps - 1) * dilation + 1;
      return fits(height, vertical, window[0], dilations[0]) && fits(width, horizontal, window[1], dilations[1]);
    });

  test("forward, and the gradient of the filter", () => {
    fc.assert(
      fc.property(
        convolved,
        ({ batch, height, width, channels, outChannels, window, vertical, horizontal, ...rest }) => {
          const attributes = { ...rest, padding: [vertical, horizontal], groups: 1, accumulate: "f32" };
          const x = integers([batch, height, width, channels], 13);
          const filterShape = [...window, channels, outChannels];
          const filter = integers(filterShape, 14);
          const y = runKernel1(machine, "conv2d", [x, filter], attributes);
          expectReference("conv2d", [x, filter], attributes);
          expectReference("conv2dFilterGradient", [x, integers(y.type.shape, 15)], { ...attributes, filterShape });
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a picture too large for the panels is taken in bands", () => {
    const attributes = {
      strides: [2, 2],
      dilations: [1, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
      groups: 1,
      accumulate: "f32",
    };
    const x = integers([2, 61, 75, 3], 16);
    const filterShape = [5, 5, 3, 9];
    const y = runKernel1(machine, "conv2d", [x, integers(filterShape, 17)], attributes);
    expectReference("conv2dFilterGradient", [x, integers(y.type.shape, 18)], { ...attributes, filterShape });
  });
});
