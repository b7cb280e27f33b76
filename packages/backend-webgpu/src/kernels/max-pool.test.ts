// Max-pooling on a real (software) adapter against the reference's loops: windows of every kind, ties, NaN, tensors in chunks.
import { elementCount, type PoolAttributes, type Shape } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import {
  integers,
  narrowCapabilities,
  runBesideReference,
  type Value,
  value,
} from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { maxPool2dGradientKernel, maxPool2dKernel, maxPool2dPickKernel } from "./max-pool.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

interface Pooling {
  readonly input: Shape;
  readonly attributes: PoolAttributes;
}

/** The three kernels of a pooling of `x`, each beside the reference. */
async function expectAgreement(x: Value, attributes: PoolAttributes, capabilities?: Capabilities): Promise<void> {
  const options = capabilities === undefined ? {} : { capabilities };
  const pooled = await runBesideReference(device, maxPool2dKernel, "maxPool2d", [x], attributes, options);
  expect(pooled.found).toEqual(pooled.expected);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.type.shape;
  const count = (axis: 0 | 1, size: number) =>
    Math.floor(
      (size + attributes.padding[axis][0] + attributes.padding[axis][1] - attributes.window[axis]) /
        attributes.strides[axis],
    ) + 1;
  const shape = [batch, count(0, height), count(1, width), channels];
  const y = value("f32", shape, pooled.expected[0] ?? []);
  const gradient = [x, y, integers("f32", shape, 5)];
  for (const { found, expected } of [
    await runBesideReference(device, maxPool2dGradientKernel, "maxPool2dGradient", gradient, attributes, options),
    await runBesideReference(
      device,
      maxPool2dPickKernel,
      "maxPool2dPick",
      [x, integers("f32", x.type.shape, 9)],
      attributes,
      options,
    ),
  ]) {
    expect(found).toEqual(expected);
  }
}

const none = [
  [0, 0],
  [0, 0],
] as const;

const poolings: readonly (Pooling & { readonly name: string })[] = [
  { name: "overlapping windows", input: [2, 7, 7, 4], attributes: { window: [3, 3], strides: [2, 2], padding: none } },
  { name: "odd channels", input: [2, 6, 7, 3], attributes: { window: [3, 2], strides: [1, 2], padding: none } },
  { name: "steps between", input: [1, 9, 8, 4], attributes: { window: [2, 2], strides: [3, 3], padding: none } },
  { name: "the whole picture", input: [3, 4, 5, 8], attributes: { window: [4, 5], strides: [1, 1], padding: none } },
  {
    name: "padding on all sides",
    input: [1, 5, 4, 4],
    attributes: {
      window: [3, 3],
      strides: [2, 1],
      padding: [
        [2, 1],
        [0, 2],
      ],
    },
  },
];

test.each(poolings)("max-pooling of $name, with ties", ({ input, attributes }) =>
  expectAgreement(integers("f32", input, 3), attributes),
);

test("max-pooling of random windows, with ties", async () => {
  const pair = (least: number, most: number) =>
    fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
  const drawn = fc
    .record({ window: pair(1, 4), strides: pair(1, 3), size: pair(4, 9), channels: fc.integer({ min: 1, max: 8 }) })
    .chain(({ window, strides, size, channels }) => {
      const side = (axis: 0 | 1) => fc.tuple(fc.nat({ max: window[axis] - 1 }), fc.nat({ max: window[axis] - 1 }));
      return fc.record({
        input: fc.constant([2, ...size, channels]),
        attributes: fc.record({
          window: fc.constant(window),
          strides: fc.constant(strides),
          padding: fc.tuple(side(0), side(1)),
        }),
        seed: fc.nat({ max: 1000 }),
      });
    });
  await fc.assert(
    fc.asyncProperty(drawn, ({ input, attributes, seed }) => expectAgreement(integers("f32", input, seed), attributes)),
    { numRuns: 15 },
  );
});

const overlapping: PoolAttributes = { window: [3, 3], strides: [2, 2], padding: none };

test("NaN is larger than any number", async () => {
  const shape = [1, 5, 5, 4];
  const elements = Array.from({ length: elementCount(shape) }, (_, index) => (index % 7 === 0 ? Number.NaN : index));
  await expectAgreement(value("f32", shape, elements), overlapping);
});

test("negative infinity is a number like others", async () => {
  const elements = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? -1e30 : Number.NEGATIVE_INFINITY));
  await expectAgreement(value("f32", [1, 5, 5, 2], elements), overlapping);
});

describe("operands larger than a binding", () => {
  const limited = (limits: Partial<Capabilities["limits"]>): Capabilities => ({
    ...leastCapabilities,
    limits: { ...leastCapabilities.limits, ...limits },
  });
  test.each([
    { name: "several windows of each", images: 2, capabilities: narrowCapabilities },
    { name: "pictures in chunks", images: 40, capabilities: limited({ bindingBytes: 8192, storageBindings: 6 }) },
    { name: "more workgroups than one axis has", images: 7, capabilities: limited({ workgroupsPerAxis: 3 }) },
  ])("$name", ({ images, capabilities }) =>
    expectAgreement(integers("f32", [images, 7, 7, 4], 1), overlapping, capabilities),
  );

  test("are not supported where a picture alone needs more bindings than there are", () => {
    const type = { dtype: "f32", shape: [1, 64, 64, 4] } as const;
    const signature = { inputs: [type], outputs: [type], attributes: overlapping };
    expect(maxPool2dKernel.supports(signature, limited({ bindingBytes: 1024, storageBindings: 8 }))).toBe(false);
  });
});

test("nothing to pool is no dispatch", () => {
  const input = { slot: 0, type: { dtype: "f32", shape: [0, 7, 7, 4] } } as const;
  const output = { slot: 1, type: { dtype: "f32", shape: [0, 3, 3, 4] } } as const;
  const step = { op: "maxPool2d", inputs: [input], outputs: [output], attributes: overlapping };
  expect(maxPool2dKernel.dispatches(step, leastCapabilities)).toEqual([]);
});
