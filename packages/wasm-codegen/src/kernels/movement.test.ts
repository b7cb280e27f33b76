import { type Attributes, elementCount } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, referenceResult, runKernel1, type Value } from "./run-kernel.test-support.ts";

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

const size = fc.integer({ min: 1, max: 9 });
const shapes = (rank: number): fc.Arbitrary<number[]> => fc.array(size, { minLength: rank, maxLength: rank });
const fewRuns = { numRuns: 60 };

describe("movement is what the reference does", () => {
  test("transpose", () => {
    const permuted = fc.integer({ min: 1, max: 5 }).chain((rank) =>
      fc.record({
        shape: fc.oneof(shapes(rank), fc.array(fc.constantFrom(4, 8, 12, 17), { minLength: rank, maxLength: rank })),
        permutation: fc.shuffledSubarray([...Array(rank).keys()], { minLength: rank, maxLength: rank }),
      }),
    );
    fc.assert(
      fc.property(permuted, ({ shape, permutation }) => {
        if (elementCount(shape) > 100_000) return;
        expectReference("transpose", [integers(shape, 1)], { permutation });
      }),
      fewRuns,
    );
  });

  test("slice", () => {
    const sliced = fc.array(
      fc.integer({ min: 1, max: 17 }).chain((extent) =>
        fc.record({
          extent: fc.constant(extent),
          start: fc.integer({ min: 0, max: extent - 1 }),
          step: fc.integer({ min: 1, max: 3 }),
        }),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(sliced, (axes) => {
        expectReference(
          "slice",
          [
            integers(
              axes.map(({ extent }) => extent),
              2,
            ),
          ],
          {
            starts: axes.map(({ start }) => start),
            ends: axes.map(({ extent }) => extent),
            steps: axes.map(({ step }) => step),
          },
        );
      }),
      fewRuns,
    );
  });

  test("pad", () => {
    const some = fc.integer({ min: 0, max: 3 });
    const padded = fc.array(fc.record({ extent: size, before: some, after: some, interior: some }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(padded, (axes) => {
        expectReference(
          "pad",
          [
            integers(
              axes.map(({ extent }) => extent),
              3,
            ),
          ],
          {
            before: axes.map(({ before }) => before),
            after: axes.map(({ after }) => after),
            interior: axes.map(({ interior }) => interior),
            value: -2.5,
          },
        );
      }),
      fewRuns,
    );
  });

  test("flip and concatenate", () => {
    const cases = shapes(3).chain((shape) =>
      fc.record({ shape: fc.constant(shape), axis: fc.integer({ min: 0, max: 2 }) }),
    );
    fc.assert(
      fc.property(cases, size, ({ shape, axis }, other) => {
        const longer = shape.map((extent, at) => (at === axis ? other : extent));
        expectReference("flip", [integers(shape, 4)], { axes: [axis] });
        expectReference("concatenate", [integers(shape, 5), integers(longer, 6)], { axis });
      }),
      fewRuns,
    );
  });
});
