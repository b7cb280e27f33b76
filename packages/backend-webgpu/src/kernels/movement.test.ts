// Ops that move elements, on a software adapter, against the reference backend.
import { type Attributes, type DType, elementCount, type Shape } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, narrowCapabilities, runBesideReference, value } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { concatenateKernel } from "./concatenate.ts";
import { flipKernel } from "./flip.ts";
import { padKernel } from "./pad.ts";
import { sliceKernel } from "./slice.ts";
import { transposeKernel } from "./transpose.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

/** Every element is another. */
function counting(shape: Shape, dtype: DType = "f32") {
  return value(dtype, shape, Array(elementCount(shape)).keys());
}

async function agrees(
  kernel: KernelDefinition,
  op: string,
  shapes: readonly Shape[],
  attributes: Attributes,
  capabilities: Capabilities = leastCapabilities,
): Promise<void> {
  const inputs = shapes.map((shape) => counting(shape));
  const { found, expected } = await runBesideReference(device, kernel, op, inputs, attributes, { capabilities });
  expect(found).toEqual(expected);
}

const adapters = [
  { adapter: "an adapter", capabilities: leastCapabilities },
  { adapter: "an adapter with narrow bindings", capabilities: narrowCapabilities },
];

describe.each(adapters)("on $adapter", ({ capabilities }) => {
  test.each<{ shape: Shape; permutation: readonly number[] }>([
    { shape: [40, 33], permutation: [1, 0] },
    { shape: [2, 24, 20], permutation: [0, 2, 1] },
    { shape: [9, 3, 20], permutation: [2, 1, 0] },
    { shape: [2, 5, 7, 8], permutation: [0, 2, 1, 3] },
    { shape: [2, 9, 3, 12], permutation: [3, 0, 2, 1] },
    { shape: [4, 3, 2], permutation: [2, 0, 1] },
    { shape: [1, 300, 1], permutation: [2, 1, 0] },
  ])("transpose $shape by $permutation", async ({ shape, permutation }) => {
    await agrees(transposeKernel, "transpose", [shape], { permutation }, capabilities);
  });

  test.each<{ shape: Shape; starts: readonly number[]; ends: readonly number[]; steps: readonly number[] }>([
    { shape: [700], starts: [8], ends: [611], steps: [1] },
    { shape: [700], starts: [3], ends: [700], steps: [2] },
    { shape: [9, 64], starts: [2, 16], ends: [9, 48], steps: [1, 1] },
    { shape: [5, 7, 11], starts: [1, 0, 2], ends: [5, 7, 11], steps: [2, 1, 3] },
    { shape: [4, 4], starts: [1, 4], ends: [3, 4], steps: [1, 1] },
  ])("slice $shape from $starts to $ends by $steps", async ({ shape, ...attributes }) => {
    await agrees(sliceKernel, "slice", [shape], attributes, capabilities);
  });

  test.each<{ shape: Shape; before: readonly number[]; after: readonly number[]; interior: readonly number[] }>([
    { shape: [300], before: [5], after: [2], interior: [0] },
    { shape: [12, 16], before: [0, 4], after: [3, 8], interior: [0, 0] },
    { shape: [2, 5, 6, 4], before: [0, 1, 2, 0], after: [0, 2, 1, 0], interior: [0, 0, 0, 0] },
    { shape: [3, 4, 5], before: [1, 0, 2], after: [0, 3, 1], interior: [2, 0, 1] },
    { shape: [1, 3], before: [0, 1], after: [0, 0], interior: [4, 2] },
    { shape: [0, 3], before: [1, 0], after: [1, 0], interior: [0, 0] },
  ])("pad $shape by $before, $after and $interior between", async ({ shape, ...attributes }) => {
    await agrees(padKernel, "pad", [shape], { ...attributes, value: -2.5 }, capabilities);
  });

  test.each<{ shapes: readonly Shape[]; axis: number }>([
    { shapes: [[7], [9], [300]], axis: 0 },
    {
      shapes: [
        [8, 4],
        [8, 12],
      ],
      axis: 1,
    },
    {
      shapes: [
        [3, 5, 2],
        [3, 1, 2],
        [3, 0, 2],
        [3, 40, 2],
      ],
      axis: 1,
    },
  ])("concatenate $shapes along $axis", async ({ shapes, axis }) => {
    await agrees(concatenateKernel, "concatenate", shapes, { axis }, capabilities);
  });

  test.each<{ shape: Shape; axes: readonly number[] }>([
    { shape: [301], axes: [0] },
    { shape: [5, 80], axes: [0] },
    { shape: [3, 4, 5], axes: [0, 2] },
    { shape: [3, 3, 8, 6], axes: [0, 1] },
  ])("flip $shape along $axes", async ({ shape, axes }) => {
    await agrees(flipKernel, "flip", [shape], { axes }, capabilities);
  });
});

test.each(["i32", "u32", "bool"] as const)("elements of %s move", async (dtype) => {
  const moved = [integers(dtype, [6, 5], 3)];
  const padding = { before: [1, 0], after: [0, 3], interior: [0, 0], value: dtype === "u32" ? 0xfffffff0 : 1 };
  for (const { kernel, op, attributes } of [
    { kernel: transposeKernel, op: "transpose", attributes: { permutation: [1, 0] } },
    { kernel: padKernel, op: "pad", attributes: padding },
  ]) {
    const { found, expected } = await runBesideReference(device, kernel, op, moved, attributes);
    expect(found).toEqual(expected);
  }
});

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

test("any transposition agrees with the reference", async () => {
  const cases = shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      permutation: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, ({ shape, permutation }) => agrees(transposeKernel, "transpose", [shape], { permutation })),
    { numRuns: 15 },
  );
});

test("any padding agrees with the reference", async () => {
  const few = fc.integer({ min: 0, max: 3 });
  const cases = fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), before: few, after: few, interior: few }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(cases, (axes) =>
      agrees(padKernel, "pad", [axes.map(({ size }) => size)], {
        before: axes.map(({ before }) => before),
        after: axes.map(({ after }) => after),
        interior: axes.map(({ interior }) => interior),
        value: 7,
      }),
    ),
    { numRuns: 15 },
  );
});
