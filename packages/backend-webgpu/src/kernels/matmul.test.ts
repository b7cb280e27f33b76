// Matrix products on a real (software) adapter against the reference's loops. Operands are whole numbers, so that sums are exact in
// whatever order.
import { type Attributes, type MatmulAttributes, operand, scalarProgram } from "@tandem/core";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, narrowCapabilities, runBesideReference, type Value } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice, stepOf } from "../run-kernel.test-support.ts";
import { matmulKernel } from "./matmul.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

const software: Capabilities = { ...leastCapabilities, isSoftware: true };

interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch?: readonly number[];
}

type Transpositions = Pick<MatmulAttributes, "transposeA" | "transposeB">;

const transpositions: readonly Transpositions[] = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
];

function operandsOf({ m, k, n, batch = [] }: Sizes, { transposeA, transposeB }: Transpositions): readonly Value[] {
  return [
    integers("f32", [...batch, ...(transposeA ? [k, m] : [m, k])], 1),
    integers("f32", [...batch, ...(transposeB ? [n, k] : [k, n])], 2),
  ];
}

async function expectProduct(
  sizes: Sizes,
  attributes: Transpositions & Attributes,
  options: { capabilities: Capabilities; variant?: string },
  extras: readonly Value[] = [],
): Promise<void> {
  const inputs = [...operandsOf(sizes, attributes), ...extras];
  const { found, expected } = await runBesideReference(
    device,
    matmulKernel,
    "matmul",
    inputs,
    { accumulate: "f32", ...attributes },
    options,
  );
  expect(found).toEqual(expected);
}

function variantsOf(sizes: Sizes, attributes: Transpositions, capabilities: Capabilities): readonly string[] {
  const types = operandsOf(sizes, attributes).map(({ type }) => type);
  const { m, n, batch = [] } = sizes;
  const step = stepOf("matmul", types, [{ dtype: "f32", shape: [...batch, m, n] }], {
    accumulate: "f32",
    ...attributes,
  });
  return matmulKernel.variants?.(step, capabilities) ?? [];
}

const sizesAroundTiles: readonly Sizes[] = [
  { m: 1, k: 1, n: 1 },
  { m: 5, k: 7, n: 3 },
  { m: 1, k: 40, n: 10 },
  { m: 33, k: 12, n: 36 },
  { m: 65, k: 33, n: 17 },
  { m: 4, k: 9, n: 130, batch: [2, 3] },
];

test.each(sizesAroundTiles.flatMap((size) => transpositions.map((transposition) => ({ ...size, ...transposition }))))(
  "$m x $k x $n, batch $batch, transposed: $transposeA $transposeB",
  async ({ transposeA, transposeB, ...size }) => {
    await expectProduct(size, { transposeA, transposeB }, { capabilities: software });
  },
);

/** SwiftShader's own. */
const withSubgroups: Capabilities = { ...software, subgroups: { smallest: 4, largest: 4 } };

describe("each way to compute a product without workgroup memory", () => {
  const sizes = { m: 38, k: 21, n: 37 };
  const cases = transpositions.flatMap((transposition) =>
    variantsOf(sizes, transposition, withSubgroups)
      .filter((variant) => /registers|subgroups/.test(variant))
      .map((variant) => ({ ...transposition, variant })),
  );
  test.each(cases)("$variant, transposed: $transposeA $transposeB", async ({ variant, ...attributes }) => {
    await expectProduct(sizes, attributes, { capabilities: withSubgroups, variant });
  });
});

describe("a long sum", () => {
  const sizes = { m: 6, k: 3000, n: 7 };
  const attributes = { transposeA: true, transposeB: false };

  test("is cut into parts where the result alone has too little work", () => {
    expect(variantsOf(sizes, attributes, leastCapabilities)[0]).toMatch(/split\d+$/);
  });

  const split = variantsOf(sizes, attributes, withSubgroups).filter((variant) => /split/.test(variant));
  test.each(split)("%s adds up all parts", async (variant) => {
    await expectProduct(sizes, attributes, { capabilities: withSubgroups, variant });
  });

  test("needs room for the sums of all parts in every way", () => {
    const types = operandsOf(sizes, attributes).map(({ type }) => type);
    const step = stepOf("matmul", types, [{ dtype: "f32", shape: [6, 7] }], { accumulate: "f32", ...attributes });
    const most = Math.max(
      ...variantsOf(sizes, attributes, leastCapabilities).map((name) => Number(/split(\d+)/.exec(name)?.[1] ?? 0)),
    );
    expect(matmulKernel.scratchBytes?.(step, leastCapabilities)).toBe(most * 6 * 8 * 4);
  });
});

describe("an epilogue", () => {
  const biasAndRelu = scalarProgram(["f32", "f32"], (inputs) => [operand(inputs, 0).add(operand(inputs, 1)).relu()]);
  const masked = scalarProgram(["f32", "bool", "i32"], (inputs) => {
    const [x, mask, scale] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
    return [mask.select(x.mul(scale.cast("f32")), 0).add(1)];
  });
  const asInteger = scalarProgram(["f32"], (inputs) => [operand(inputs, 0).cast("i32")]);
  const batch = [2, 3];
  const cases = [
    { name: "a bias for each column, and a ReLU", epilogue: biasAndRelu, extras: [integers("f32", [10], 3)] },
    { name: "one bias for all", epilogue: biasAndRelu, extras: [integers("f32", [], 3)] },
    { name: "a bias for each row", epilogue: biasAndRelu, extras: [integers("f32", [9, 1], 3)] },
    { name: "a bias for each of a batch", epilogue: biasAndRelu, extras: [integers("f32", [3, 1, 1], 3)] },
    {
      name: "operands of several types, one of the result's shape",
      epilogue: masked,
      extras: [integers("bool", [...batch, 9, 10], 4), integers("i32", [2, 1, 1, 10], 5)],
    },
    { name: "a result of another type", epilogue: asInteger, extras: [] },
  ];
  test.each(cases.flatMap((each) => [5, 2000].map((k) => ({ ...each, k }))))(
    "$name, after $k terms",
    async ({ epilogue, extras, k }) => {
      const attributes = { transposeA: false, transposeB: true, epilogue };
      await expectProduct({ m: 9, k, n: 10, batch }, attributes, { capabilities: software }, extras);
    },
  );
});

describe("operands larger than a binding", () => {
  const cases = [
    { m: 8, k: 60, n: 12 },
    { m: 5, k: 101, n: 7 },
    { m: 20, k: 9, n: 23 },
  ];
  test.each(
    cases.flatMap((sizes) => transpositions.slice(0, 2).map((transposition) => ({ ...sizes, ...transposition }))),
  )("$m x $k x $n, transposed: $transposeA $transposeB", async ({ transposeA, transposeB, ...sizes }) => {
    for (const isSoftware of [true, false]) {
      const capabilities = { ...narrowCapabilities, isSoftware };
      await expectProduct(sizes, { transposeA, transposeB }, { capabilities });
    }
  });

  test("are refused where they take more bindings than a kernel has", () => {
    const { limits } = leastCapabilities;
    const capabilities = { ...leastCapabilities, limits: { ...limits, bindingBytes: 1024 } };
    const types = operandsOf({ m: 100, k: 100, n: 10 }, { transposeA: false, transposeB: false }).map(
      ({ type }) => type,
    );
    const signature = { inputs: types, outputs: [{ dtype: "f32" as const, shape: [100, 10] }], attributes: {} };
    expect(matmulKernel.supports(signature, leastCapabilities)).toBe(true);
    expect(matmulKernel.supports(signature, capabilities)).toBe(false);
  });
});

test("an empty sum is zero", async () => {
  await expectProduct({ m: 3, k: 0, n: 5 }, { transposeA: false, transposeB: false }, { capabilities: software });
});

test("more blocks than one axis has workgroups", async () => {
  const capabilities = { ...software, limits: { ...software.limits, workgroupsPerAxis: 3 } };
  await expectProduct({ m: 140, k: 9, n: 70 }, { transposeA: false, transposeB: false }, { capabilities });
});
