// Convolution and its gradients on a real (software) adapter against the reference's loops, on whole numbers.
import { operand, type ScalarProgram, scalarProgram } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, narrowCapabilities, runBesideReference } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice, stepOf } from "../run-kernel.test-support.ts";
import { smallTiles, tiledKernel } from "../tiles/small-tiles.test-support.ts";
import { conv2dProducts } from "./convolution.ts";
import { conv2dFilterGradientProducts } from "./convolution-filter-gradient.ts";
import { conv2dInputGradientProducts } from "./convolution-input-gradient.ts";
import {
  anyConvolution,
  type Convolution,
  type ConvolutionMember,
  convolutionTriple,
} from "./convolution-triple.test-support.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

async function expectAgreement(
  { op, kernel, inputs, attributes }: ConvolutionMember,
  options: { capabilities: Capabilities; variant?: string },
): Promise<void> {
  const { found, expected } = await runBesideReference(device, kernel, op, inputs, attributes, options);
  expect(found, `${op} ${JSON.stringify(attributes)} ${options.variant ?? ""}`).toEqual(expected);
}

const software: Capabilities = { ...leastCapabilities, isSoftware: true };

const plain = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilations: [1, 1],
  groups: 1,
} as const;

const padded = (size: number) =>
  ({
    padding: [
      [size, size],
      [size, size],
    ],
  }) as const;

const convolutions: readonly (Convolution & { readonly name: string })[] = [
  { name: "3x3", ...plain, ...padded(1), input: [2, 6, 5, 8], filter: [3, 3, 8, 12] },
  { name: "odd channels", ...plain, ...padded(1), input: [1, 5, 5, 7], filter: [3, 3, 7, 9] },
  { name: "AlexNet's first layer", ...plain, strides: [4, 4], input: [1, 24, 24, 3], filter: [11, 11, 3, 8] },
  {
    name: "AlexNet's first layer, padded on one side, rows that start anywhere",
    ...plain,
    strides: [4, 4],
    padding: [
      [0, 3],
      [0, 3],
    ],
    input: [1, 21, 21, 3],
    filter: [11, 11, 3, 6],
  },
  { name: "AlexNet's second layer", ...plain, ...padded(2), groups: 2, input: [1, 7, 7, 8], filter: [5, 5, 4, 8] },
  { name: "odd groups", ...plain, ...padded(1), groups: 3, input: [1, 5, 4, 9], filter: [3, 3, 3, 6] },
  {
    name: "strides and dilations",
    ...plain,
    strides: [2, 3],
    dilations: [3, 2],
    input: [1, 11, 13, 4],
    filter: [3, 3, 4, 5],
  },
  {
    name: "strides that dilations share",
    ...plain,
    strides: [4, 2],
    dilations: [2, 2],
    input: [1, 12, 9, 4],
    filter: [4, 3, 4, 4],
  },
  { name: "strides larger than the filter", ...plain, strides: [3, 2], input: [1, 8, 7, 2], filter: [2, 1, 2, 3] },
  { name: "1x1", ...plain, input: [2, 3, 4, 16], filter: [1, 1, 16, 20] },
];

describe.each(convolutions)("$name", (convolution) => {
  // One dispatch for each remainder: enough of them are below.
  const members = convolutionTriple(convolution).filter(
    ({ op }) => op === "conv2d" || convolution.strides[0] < 4 || /Filter/.test(op),
  );
  test.each(members)("$op", async (member) => {
    await expectAgreement(member, { capabilities: software });
  });
});

describe("out of tiles in workgroup memory", () => {
  const tile = smallTiles.find(({ registers }) => registers.rows !== registers.columns);
  const tiled = new Map([
    ["conv2d", conv2dProducts],
    ["conv2dInputGradient", conv2dInputGradientProducts],
    ["conv2dFilterGradient", conv2dFilterGradientProducts],
  ]);
  const some = convolutions.filter(({ name }) => /second layer|odd groups|padded/.test(name));
  const cases = some.flatMap(({ name, ...convolution }) =>
    convolutionTriple(convolution)
      // With strides an input's gradient is many products, all alike.
      .filter(({ op }) => op !== "conv2dInputGradient" || convolution.strides[0] === 1)
      .map((member) => ({ name, ...member })),
  );
  test.each(cases)("$op: $name", async (member) => {
    const productsOf = tiled.get(member.op);
    if (tile === undefined || productsOf === undefined) throw new Error("there is no such kernel");
    await expectAgreement({ ...member, kernel: tiledKernel(productsOf, tile) }, { capabilities: leastCapabilities });
  });
});

test("a filter gradient over many positions is cut into parts", async () => {
  const [, , gradient] = convolutionTriple({ ...plain, ...padded(1), input: [2, 40, 40, 4], filter: [3, 3, 4, 4] });
  if (gradient === undefined) throw new Error("there is no filter gradient");
  const step = stepOf(
    gradient.op,
    gradient.inputs.map(({ type }) => type),
    [{ dtype: "f32", shape: [3, 3, 4, 4] }],
    gradient.attributes,
  );
  for (const capabilities of [software, leastCapabilities]) {
    expect(gradient.kernel.variants?.(step, capabilities)[0]).toMatch(/split/);
  }
  await expectAgreement(gradient, { capabilities: software });
});

describe("an epilogue", () => {
  const biasAndRelu: ScalarProgram = scalarProgram(["f32", "f32"], (inputs) => [
    operand(inputs, 0).add(operand(inputs, 1)).relu(),
  ]);
  test.each([
    { name: "a bias for each channel", bias: [6] },
    { name: "a bias for each channel of each group", bias: [1, 1, 1, 6] },
    { name: "a value for each row of a picture", bias: [5, 1, 1] },
    { name: "a value for each element", bias: [2, 5, 4, 6] },
  ])("$name", async ({ bias }) => {
    const convolution = { ...plain, ...padded(1), groups: 2, input: [2, 5, 4, 8], filter: [3, 3, 4, 6] };
    const [forward] = convolutionTriple(convolution);
    if (forward === undefined) throw new Error("there is no convolution");
    const inputs = [...forward.inputs, integers("f32", bias, 4)];
    const attributes = { ...forward.attributes, epilogue: biasAndRelu };
    await expectAgreement({ ...forward, inputs, attributes }, { capabilities: software });
  });
});

describe("operands larger than a binding", () => {
  test.each(convolutionTriple({ ...plain, ...padded(1), input: [2, 8, 8, 4], filter: [3, 3, 4, 8] }))(
    "$op",
    async (member) => {
      expect(member.inputs.map(({ data }) => data.byteLength > 1024)).toContain(true);
      await expectAgreement(member, { capabilities: { ...narrowCapabilities, isSoftware: true } });
    },
  );
});

test("all three agree with the reference on any geometry", async () => {
  await fc.assert(
    fc.asyncProperty(anyConvolution(2), async (each) => {
      for (const member of convolutionTriple(each)) await expectAgreement(member, { capabilities: software });
    }),
    { numRuns: 6, seed: 7 },
  );
});
