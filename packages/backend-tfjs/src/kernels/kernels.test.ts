import { referenceKernels } from "@tandem/backend-reference";
import {
  type Attributes,
  elementCount,
  type HostArray,
  hostArray,
  operand,
  opNamed,
  type Shape,
  type Step,
} from "@tandem/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "./kernel.ts";
import { openMachine, runKernel1, type Value, value } from "./run-kernel.test-support.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});

/** Small whole numbers, whose sums and products are exact in any order. */
function integers(shape: Shape, seed: number): Value {
  const count = elementCount(shape);
  return value(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => (Math.imul(index + seed, 2654435761) >>> 28) - 7),
  );
}

function reference(op: string, inputs: readonly Value[], attributes: Attributes): HostArray {
  const types = inputs.map(({ type }) => type);
  const type = operand(opNamed(op).infer(types, attributes), 0);
  const data = hostArray(type.dtype, elementCount(type.shape));
  const step: Step = {
    id: 0,
    op,
    attributes,
    inputs: types.map((of, slot) => ({ slot, type: of })),
    outputs: [{ slot: 0, type }],
    scope: "",
    flops: 0,
    bytesMoved: 0,
    releases: [],
  };
  referenceKernels.get(op)?.(
    step,
    inputs.map((input) => input.data),
    [data],
  );
  return data;
}

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(machine, op, inputs, attributes).data).toEqual(reference(op, inputs, attributes));
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

describe("reductions are what the reference does", () => {
  const reduced = fc
    .array(fc.constantFrom(1, 3, 4, 5, 8, 18, 33), { minLength: 1, maxLength: 4 })
    .filter((shape) => elementCount(shape) < 50_000)
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.subarray([...shape.keys()], { minLength: 1 }),
        kind: fc.constantFrom("sum", "max", "min"),
      }),
    );

  test("on f32", () => {
    fc.assert(
      fc.property(reduced, ({ shape, axes, kind }) => {
        expectReference("reduce", [integers(shape, 7)], { kind, axes, accumulate: "f32" });
      }),
      { numRuns: 120 },
    );
  });

  test.each(["i32", "u32"] as const)("on %s, with values beyond f32's precision", (dtype) => {
    const data = value(
      dtype,
      [3, 700],
      Array.from({ length: 2100 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 9),
    );
    for (const kind of ["sum", "max", "min"]) {
      for (const axes of [[0], [1], [0, 1]]) expectReference("reduce", [data], { kind, axes, accumulate: dtype });
    }
  });

  test("the sum of nothing is 0", () => {
    const found = runKernel1(machine, "reduce", [value("f32", [0, 3], [])], {
      kind: "sum",
      axes: [0],
      accumulate: "f32",
    });
    expect([...found.data]).toEqual([0, 0, 0]);
  });

  test("a sum over a million elements loses little", () => {
    const terms = value("f32", [2 ** 20], Array(2 ** 20).fill(0.1));
    const found = runKernel1(machine, "reduce", [terms], { kind: "sum", axes: [0], accumulate: "f32" }).data[0] ?? 0;
    expect(Math.abs(found / (2 ** 20 * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
  });

  test("a maximum passes NaN on", () => {
    const withNan = value(
      "f32",
      [2, 20],
      Array.from({ length: 40 }, (_, index) => (index === 25 ? Number.NaN : index)),
    );
    const found = runKernel1(machine, "reduce", [withNan], { kind: "max", axes: [1], accumulate: "f32" });
    expect([...found.data]).toEqual([19, Number.NaN]);
  });
});

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
        const y = runKernel1(machine, "maxPool2d", [x], attributes);
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
    const y = runKernel1(machine, "maxPool2d", [x], attributes);
    expect([...y.data]).toEqual([15, Number.NaN, 17, 18, 19]);
    expectReference("maxPool2dGradient", [x, y, integers(y.type.shape, 9)], attributes);
    expectReference("maxPool2dPick", [x, integers(x.type.shape, 10)], attributes);
  });
});

describe("products are what the reference does", () => {
  const sizes = fc.record({
    m: fc.integer({ min: 1, max: 40 }),
    k: fc.integer({ min: 1, max: 40 }),
    n: fc.integer({ min: 1, max: 40 }),
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("transposed: %s, %s", (transposeA, transposeB) => {
    fc.assert(
      fc.property(sizes, fc.constantFrom([], [2], [2, 3]), ({ m, k, n }, batch) => {
        const a = integers([...batch, ...(transposeA ? [k, m] : [m, k])], 11);
        const b = integers([...batch, ...(transposeB ? [n, k] : [k, n])], 12);
        expectReference("matmul", [a, b], { transposeA, transposeB, accumulate: "f32" });
      }),
      { numRuns: 25 },
    );
  });

  test("the sum over no terms is 0", () => {
    const none = { transposeA: false, transposeB: false, accumulate: "f32" };
    const found = runKernel1(machine, "matmul", [value("f32", [2, 0], []), value("f32", [0, 2], [])], none);
    expect([...found.data]).toEqual([0, 0, 0, 0]);
  });
});

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
