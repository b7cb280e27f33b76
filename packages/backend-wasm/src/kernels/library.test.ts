// The library's kernels, in both builds, against the reference backend: sizes around its blocks, panels and parts.
import { openReference } from "@tandem/backend-reference";
import {
  type Conv2dOptions,
  conv2d,
  DeviceGroup,
  elementCount,
  evaluate,
  type HostTensor,
  hostTensor,
  matmul,
  relu,
  type Shape,
  type Tensor,
  valueAndGrad,
} from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openWasm } from "../device.ts";

const reference = new DeviceGroup(await openReference());
const builds = await Promise.all(
  (["auto", "strict"] as const).map(async (simd) => ({
    simd,
    devices: new DeviceGroup(await openWasm({ threads: 1, simd })),
  })),
);

/** Numbers between -1 and 1 without a pattern. */
function noise(shape: Shape, seed: number): HostTensor {
  const data = Float32Array.from(
    { length: elementCount(shape) },
    (_, index) => (Math.imul(index * 2 + seed * 7919 + 1, 2654435761) >>> 8) / 2 ** 23 - 1,
  );
  return hostTensor("f32", shape, data);
}

type Outputs = { readonly [name: string]: Tensor };

/** Every output, relative to the largest of its numbers. */
async function expectAsReference(
  fn: (inputs: { readonly a: Tensor; readonly b: Tensor; readonly c: Tensor }) => Outputs,
  inputs: { readonly a: HostTensor; readonly b: HostTensor; readonly c: HostTensor },
): Promise<void> {
  const expected = await evaluate(fn, inputs, { devices: reference });
  for (const { simd, devices } of builds) {
    const found = await evaluate(fn, inputs, { devices });
    for (const [name, { data }] of Object.entries(found)) {
      const truth = Float64Array.from(expected[name]?.data ?? []);
      const scale = truth.reduce((most, element) => Math.max(most, Math.abs(element)), 1e-30);
      const errors = Float64Array.from(data, (element, index) => Math.abs(element - (truth[index] ?? Number.NaN)));
      const error = errors.reduce((most, one) => Math.max(most, one), 0);
      expect(error / scale, `${name} (${simd})`).toBeLessThan(2e-5);
    }
  }
}

describe("matrix products", () => {
  const expectProduct = (m: number, k: number, n: number, transposeA: boolean, transposeB: boolean): Promise<void> =>
    expectAsReference(
      ({ a, b, c }) => ({
        product: matmul(a, b, { transposeA, transposeB }),
        activated: relu(matmul(a, b, { transposeA, transposeB }).add(c)),
      }),
      {
        a: noise(transposeA ? [k, m] : [m, k], 1),
        b: noise(transposeB ? [n, k] : [k, n], 2),
        c: noise([n], 3),
      },
    );
  const flags = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => [transposeA, transposeB] as const),
  );

  test.each([
    { m: 1, k: 1, n: 1 },
    { m: 1, k: 37, n: 300 },
    { m: 3, k: 260, n: 70 },
    { m: 4, k: 17, n: 9 },
    { m: 150, k: 33, n: 1 },
    { m: 5, k: 256, n: 8 },
    { m: 6, k: 257, n: 9 },
    { m: 31, k: 5, n: 47 },
    { m: 121, k: 40, n: 131 },
    { m: 245, k: 20, n: 260 },
    { m: 12, k: 4200, n: 10 },
  ])("[$m, $k] x [$k, $n], with all transpositions", async ({ m, k, n }) => {
    for (const [transposeA, transposeB] of flags) await expectProduct(m, k, n, transposeA, transposeB);
  });

  test("of any size", async () => {
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), expectProduct), { numRuns: 40 });
  });
});

describe("convolutions and both their gradients", () => {
  interface Case extends Conv2dOptions {
    readonly input: Shape;
    /** Height, width, and output channels; what is between follows from the input. */
    readonly filter: readonly [number, number, number];
  }

  const expectConvolution = ({ input, filter: [height, width, outputs], ...options }: Case): Promise<void> =>
    expectAsReference(
      ({ a, b, c }) => {
        const activated = relu(conv2d(a, b, options).add(c));
        const { gradients } = valueAndGrad((operands: { readonly x: Tensor; readonly filter: Tensor }) => {
          const y = conv2d(operands.x, operands.filter, options);
          return y.mul(y).sum();
        })({ x: a, filter: b });
        return { activated, input: gradients.x, filter: gradients.filter };
      },
      {
        a: noise(input, 1),
        b: noise([height, width, (input[3] ?? 0) / (options.groups ?? 1), outputs], 2),
        c: noise([outputs], 3),
      },
    );

  test.each<Case & { readonly name: string }>([
    { name: "rows of taps as runs, partly outside", input: [2, 15, 14, 3], filter: [5, 5, 7], padding: 2 },
    {
      name: "a stride, padded at one end",
      input: [1, 20, 23, 3],
      filter: [11, 11, 8],
      strides: 4,
      padding: [
        [0, 3],
        [0, 3],
      ],
    },
    { name: "groups", input: [2, 9, 9, 12], filter: [5, 5, 10], padding: 2, groups: 2 },
    { name: "strides, with residues that no tap reaches", input: [2, 9, 10, 6], filter: [2, 1, 5], strides: [3, 4] },
    { name: "dilations", input: [1, 13, 12, 5], filter: [3, 3, 6], dilations: [2, 3], padding: 2, strides: [2, 1] },
    { name: "more channels than a depth", input: [1, 5, 5, 270], filter: [3, 3, 9], padding: 1 },
    { name: "a depth in parts", input: [3, 33, 33, 2], filter: [3, 3, 4] },
    { name: "minimal filtering", input: [5, 13, 13, 32], filter: [3, 3, 36], padding: 1 },
    { name: "minimal filtering, even sizes, no padding", input: [4, 12, 10, 40], filter: [3, 3, 32] },
    { name: "minimal filtering in groups", input: [3, 11, 14, 72], filter: [3, 3, 64], padding: [2, 0], groups: 2 },
    { name: "minimal filtering, 5x5", input: [3, 14, 13, 32], filter: [5, 5, 36], padding: 2 },
    { name: "minimal filtering, 5x5 in groups, no padding", input: [5, 15, 12, 64], filter: [5, 5, 72], groups: 2 },
    { name: "minimal filtering in chunks", input: [24, 17, 16, 64], filter: [3, 3, 32], padding: 1 },
  ])("$name", expectConvolution);

  test("of any geometry", async () => {
    const small = (max: number) => fc.integer({ min: 1, max });
    const geometry = fc
      .record({
        images: small(3),
        extra: fc.tuple(small(9), small(9)),
        taps: fc.tuple(small(4), small(4)),
        strides: fc.tuple(small(3), small(3)),
        dilations: fc.tuple(small(2), small(2)),
        padding: fc.tuple(fc.tuple(fc.nat(2), fc.nat(2)), fc.tuple(fc.nat(2), fc.nat(2))),
        groups: small(3),
        channels: small(5),
        outputs: small(9),
      })
      .map(
        ({ images, extra, taps, strides, dilations, padding, groups, channels, outputs }): Case => ({
          input: [
            images,
            (taps[0] - 1) * dilations[0] + extra[0],
            (taps[1] - 1) * dilations[1] + extra[1],
            channels * groups,
          ],
          filter: [taps[0], taps[1], outputs * groups],
          ...{ strides, dilations, padding, groups },
        }),
      );
    await fc.assert(fc.asyncProperty(geometry, expectConvolution), { numRuns: 60 });
  });
});
