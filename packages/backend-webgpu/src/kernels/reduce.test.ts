// Reductions on software adapters, against the reference backend. Sums of small whole numbers are exact in any order.
import { elementCount, type ReduceKind, type Shape } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { describeOnAdapters, on } from "../adapter/test-adapters.test-support.ts";
import { integers, narrowCapabilities, runBesideReference, value } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice, validateDispatches } from "../run-kernel.test-support.ts";
import { argmaxKernel } from "./argmax.ts";
import { reduceKernel } from "./reduce.ts";

const withSubgroups: Capabilities = { ...leastCapabilities, subgroups: { smallest: 4, largest: 8 } };

interface Options {
  readonly capabilities?: Capabilities;
  readonly variant?: string;
  readonly kind?: ReduceKind;
}

async function agrees(device: GPUDevice, shape: Shape, axes: readonly number[], options: Options = {}): Promise<void> {
  const attributes = { kind: options.kind ?? "sum", axes, accumulate: "f32" };
  const { found, expected } = await runBesideReference(
    device,
    reduceKernel,
    "reduce",
    [integers("f32", shape, 5)],
    attributes,
    options,
  );
  expect(found).toEqual(expected);
}

const cases: readonly { shape: Shape; axes: readonly number[] }[] = [
  { shape: [7, 10], axes: [1] },
  { shape: [3, 1000], axes: [1] },
  { shape: [70, 10], axes: [0] },
  { shape: [900, 3], axes: [0] },
  { shape: [2, 300, 40], axes: [1] },
  { shape: [5, 3, 4, 6], axes: [0, 2] },
  { shape: [5, 3, 4, 6], axes: [1, 3] },
  { shape: [4, 5, 6, 7], axes: [0, 1, 2] },
  { shape: [4, 1, 6], axes: [1] },
  { shape: [1], axes: [0] },
  { shape: [20_000], axes: [0] },
];

describeOnAdapters("reductions", (adapter) => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice(adapter);
  });

  test.each(cases)("the sum of $shape over $axes", async ({ shape, axes }) => {
    await agrees(device, shape, axes);
  });

  test.each(["max", "min"] as const)("the %s along rows and along columns", async (kind) => {
    await agrees(device, [9, 300], [1], { kind });
    await agrees(device, [300, 9], [0], { kind });
  });

  test.each<{ shape: Shape; axes: readonly number[] }>([
    { shape: [2, 1000], axes: [1] },
    { shape: [70_000], axes: [0] },
  ])("the sum of $shape over $axes by subgroups", async ({ shape, axes }) => {
    await agrees(device, shape, axes, { capabilities: withSubgroups, variant: "subgroups" });
  });

  test.each(["max", "min"] as const)("the %s passes NaN on, wherever it is", async (kind) => {
    for (const at of [0, 1, 299]) {
      const elements = Array.from({ length: 300 }, (_, index) => (index === at ? Number.NaN : index));
      const attributes = { kind, axes: [0], accumulate: "f32" };
      const input = value("f32", [300], elements);
      const { found } = await runBesideReference(device, reduceKernel, "reduce", [input], attributes);
      expect(found[0]?.[0]).toBeNaN();
    }
  });

  test("infinities are extrema", async () => {
    for (const kind of ["max", "min"] as const) {
      const input = value(
        "f32",
        [2, 2],
        [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      );
      const { found, expected } = await runBesideReference(device, reduceKernel, "reduce", [input], {
        kind,
        axes: [1],
        accumulate: "f32",
      });
      expect(found).toEqual(expected);
    }
  });

  test.each<{ shape: Shape; axis: number }>([
    { shape: [7, 10], axis: 1 },
    { shape: [3, 1000], axis: 1 },
    { shape: [40, 33], axis: 0 },
    { shape: [3, 50, 5], axis: 1 },
    { shape: [4, 1], axis: 1 },
  ])("the first maximum of $shape along $axis", async ({ shape, axis }) => {
    const { found, expected } = await runBesideReference(device, argmaxKernel, "argmax", [integers("f32", shape, 2)], {
      axis,
    });
    expect(found).toEqual(expected);
  });

  test("NaN is the maximum in the first place and nowhere else", async () => {
    const [first, second] = [
      [Number.NaN, 1, 2],
      [1, Number.NaN, 2],
    ];
    const input = value("f32", [2, 3], [...first, ...second]);
    const { found } = await runBesideReference(device, argmaxKernel, "argmax", [input], { axis: 1 });
    expect(Array.from(found[0] ?? [])).toEqual([0, 2]);
  });
});

on("SwiftShader").describe("on SwiftShader", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice("SwiftShader");
  });

  test.each<{ shape: Shape; axes: readonly number[] }>([
    { shape: [3, 200], axes: [1] },
    { shape: [200, 3], axes: [0] },
    { shape: [3, 4, 50], axes: [0, 2] },
  ])("the sum of $shape over $axes, in several windows", async ({ shape, axes }) => {
    await agrees(device, shape, axes, { capabilities: narrowCapabilities });
  });

  test.each(["i32", "u32"] as const)("sums of %s wrap, and extrema are exact", async (dtype) => {
    const input = value(dtype, [2, 3], [0x7fffffff, 1, 5, 0xffffffff, 7, 0]);
    for (const kind of ["sum", "max", "min"] as const) {
      const attributes = { kind, axes: [1], accumulate: dtype };
      const { found, expected } = await runBesideReference(device, reduceKernel, "reduce", [input], attributes);
      expect(found).toEqual(expected);
    }
  });

  test("the sum of nothing is 0", async () => {
    await agrees(device, [3, 0], [1]);
  });

  test("any sum agrees with the reference", async () => {
    const any = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.subarray([...shape.keys()], { minLength: 1 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(any, ({ shape, axes }) => agrees(device, shape, axes)),
      { numRuns: 15 },
    );
  });
});

test("sums of f16, by trees and by subgroups, are valid WGSL", async () => {
  const device = await openTestDevice("null");
  const capabilities = { ...withSubgroups, f16: true };
  for (const { shape, axes } of cases) {
    const step = {
      op: "reduce",
      inputs: [{ slot: 0, type: { dtype: "f16" as const, shape } }],
      outputs: [{ slot: 1, type: { dtype: "f16" as const, shape: shape.filter((_, axis) => !axes.includes(axis)) } }],
      attributes: { kind: "sum", axes, accumulate: "f32" },
    };
    expect(elementCount(shape)).toBeGreaterThan(0);
    for (const variant of reduceKernel.variants?.(step, capabilities) ?? []) {
      await validateDispatches(device, reduceKernel.dispatches(step, capabilities, variant));
    }
  }
});
