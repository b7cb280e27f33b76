// What SwiftShader has not, on llvmpipe: operands of f16, and subgroups of eight. Sums of small whole numbers are exact in f16 too.
import { type ArrayType, type Attributes, operand, type Shape, scalarProgram } from "@tandem/core";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, runBesideReference, type Value } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";
import { conv2dProducts } from "../kernels/convolution.ts";
import { conv2dFilterGradientProducts } from "../kernels/convolution-filter-gradient.ts";
import { conv2dInputGradientProducts } from "../kernels/convolution-input-gradient.ts";
import { matmulProducts } from "../kernels/matmul.ts";
import { openTestDevice, runKernel, stepOf } from "../run-kernel.test-support.ts";
import { type ProductsOf, productKernel } from "./product-kernel.ts";
import { smallTiles, tiledKernel } from "./small-tiles.test-support.ts";

const { describe, test } = on("llvmpipe");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("llvmpipe");
});

const llvmpipe: Capabilities = {
  ...leastCapabilities,
  isSoftware: true,
  f16: true,
  subgroups: { smallest: 8, largest: 8 },
};

interface Case {
  readonly op: string;
  readonly productsOf: ProductsOf;
  readonly inputs: readonly [Shape, Shape];
  readonly output: Shape;
  readonly attributes: Attributes;
}

const geometry = {
  strides: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  dilations: [1, 1],
  groups: 2,
} as const;
const [pixels, filter, cotangent] = [
  [1, 4, 4, 8],
  [3, 3, 4, 8],
  [1, 4, 4, 8],
];

const cases: readonly Case[] = [
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): Case => {
      const [a, b] = [transposeA ? [21, 33] : [33, 21], transposeB ? [34, 21] : [21, 34]];
      const attributes = { transposeA, transposeB };
      return { op: "matmul", productsOf: matmulProducts, inputs: [a, b], output: [33, 34], attributes };
    }),
  ),
  {
    op: "matmul",
    productsOf: matmulProducts,
    inputs: [
      [36, 20],
      [20, 40],
    ],
    output: [36, 40],
    attributes: { transposeA: false, transposeB: false },
  },
  { op: "conv2d", productsOf: conv2dProducts, inputs: [pixels, filter], output: cotangent, attributes: geometry },
  {
    op: "conv2dInputGradient",
    productsOf: conv2dInputGradientProducts,
    inputs: [cotangent, filter],
    output: pixels,
    attributes: { ...geometry, inputShape: pixels },
  },
  {
    op: "conv2dFilterGradient",
    productsOf: conv2dFilterGradientProducts,
    inputs: [pixels, cotangent],
    output: filter,
    attributes: { ...geometry, filterShape: filter },
  },
];

/** The ways that run without workgroup memory and whose names match. */
const withVariants = (dtype: "f16" | "f32", names: RegExp) =>
  cases.flatMap((each) => {
    const types = each.inputs.map((shape): ArrayType => ({ dtype, shape }));
    const step = stepOf(each.op, types, [{ dtype: "f32", shape: each.output }], each.attributes);
    const variants = productKernel(each.productsOf).variants?.(step, llvmpipe) ?? [];
    return variants.filter((name) => names.test(name)).map((variant) => ({ ...each, variant }));
  });

describe("subgroups", () => {
  test.each(withVariants("f32", /subgroups/))("$op $inputs $attributes, $variant", async (each) => {
    const { op, productsOf, inputs, variant } = each;
    const kernel = productKernel(productsOf);
    const values = inputs.map((shape, index) => integers("f32", shape, index));
    const attributes = { accumulate: "f32", ...each.attributes };
    const options = { capabilities: llvmpipe, variant };
    const { found, expected } = await runBesideReference(device, kernel, op, values, attributes, options);
    expect(found).toEqual(expected);
  });
});

/** Bits of a whole number in f16: sign, exponent, and the fraction that follows the first digit. */
function halfBits(whole: number): number {
  if (whole === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(whole)));
  return (whole < 0 ? 0x8000 : 0) + (exponent + 15) * 1024 + (Math.abs(whole) / 2 ** exponent - 1) * 1024;
}

/** As many elements as fill whole words. */
function packed({ data }: Value): Uint32Array {
  const halves = Uint16Array.from({ length: Math.ceil(data.length / 2) * 2 }, (_, index) => halfBits(data[index] ?? 0));
  return new Uint32Array(halves.buffer);
}

describe("operands of f16", () => {
  const widen = scalarProgram(["f16"], (inputs) => [operand(inputs, 0).cast("f32")]);

  async function expectProduct(each: Case, kernel: KernelDefinition, variant?: string): Promise<void> {
    const { op, inputs, output } = each;
    const values = inputs.map((shape, index) => integers("f32", shape, index));
    const attributes = { accumulate: "f32", ...each.attributes };
    const { expected } = await runBesideReference(device, productKernel(each.productsOf), op, values, attributes);
    const types = inputs.map((shape): ArrayType => ({ dtype: "f16", shape }));
    const step = stepOf(op, types, [{ dtype: "f32", shape: output }], { ...attributes, epilogue: widen });
    expect(await runKernel(device, kernel, step, llvmpipe, values.map(packed), variant)).toEqual(expected);
  }

  test.each(withVariants("f16", /registers4x4|subgroups/))("$op $inputs $attributes, $variant", async (each) => {
    await expectProduct(each, productKernel(each.productsOf), each.variant);
  });

  const [tile] = smallTiles;
  const tiled = (["operand", "f32"] as const).flatMap((memory) => cases.map((each) => ({ ...each, memory })));
  test.each(tiled)("$op $inputs $attributes, tiles of the $memory's type", async ({ memory, ...each }) => {
    if (tile === undefined) throw new Error("there is no tile");
    await expectProduct(each, tiledKernel(each.productsOf, { ...tile, memory }));
  });
});
