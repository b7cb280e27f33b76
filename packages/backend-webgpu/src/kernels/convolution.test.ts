// Convolution and its gradients on a real (software) adapter against the reference's loops, on whole numbers.
import {
  type Attributes,
  type ConvolutionAttributes,
  convolvedShape,
  operand,
  type ScalarProgram,
  type Shape,
  scalarProgram,
} from "@tandem/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { integers, narrowCapabilities, runBesideReference, type Value } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";
import { openTestDevice, stepOf } from "../run-kernel.test-support.ts";
import { conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./convolution-filter-gradient.ts";
import { conv2dInputGradientKernel } from "./convolution-input-gradient.ts";

let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

interface Convolution extends Pick<ConvolutionAttributes, "strides" | "padding" | "dilations" | "groups"> {
  readonly input: Shape;
  readonly filter: Shape;
}

interface Member {
  readonly op: string;
  readonly kernel: KernelDefinition;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

/** The convolution and its two gradients. */
function triple({ input, filter, ...geometry }: Convolution): readonly Member[] {
  const attributes: ConvolutionAttributes = { ...geometry, accumulate: "f32" };
  const output = convolvedShape(input, filter, attributes);
  const [x, w, dy] = [integers("f32", input, 1), integers("f32", filter, 2), integers("f32", output, 3)];
  return [
    { op: "conv2d", kernel: conv2dKernel, inputs: [x, w], attributes },
    {
      op: "conv2dInputGradient",
      kernel: conv2dInputGradientKernel,
      inputs: [dy, w],
      attributes: { ...attributes, inputShape: input },
    },
    {
      op: "conv2dFilterGradient",
      kernel: conv2dFilterGradientKernel,
      inputs: [x, dy],
      attributes: { ...attributes, filterShape: filter },
    },
  ];
}

async function expectAgreement(
  { op, kernel, inputs, attributes }: Member,
  options: { capabilities: Capabilities; variant?: string },
): Promise<void> {
  const { found, expected } = await runBesideReference(device, kernel, op, inputs, attributes, options);
  expect(found, `${op} ${JSON.stringify(attributes)} ${options.variant ?? ""}`).toEqual(expected);
}

const software: Capabilities = { ...leastCapabilities, isSoftware: true };
const withSubgroups: Capabilities = { ...leastCapabilities, subgroups: { smallest: 4, largest: 4 } };

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
  { name: "strides larger than the filter", ...plain, strides: [4, 4], input: [1, 9, 10, 2], filter: [2, 2, 2, 3] },
  { name: "1x1", ...plain, input: [2, 3, 4, 16], filter: [1, 1, 16, 20] },
];

describe.each(convolutions)("$name", (convolution) => {
  test.each(triple(convolution))("$op", async (member) => {
    for (const capabilities of [software, leastCapabilities]) await expectAgreement(member, { capabilities });
  });
});

describe("each way to compute it", () => {
  const [whole, odd] = [convolutions[4], convolutions[5]];
  const members = [whole, odd].flatMap((convolution) => (convolution === undefined ? [] : triple(convolution)));
  const cases = members.flatMap((member) => {
    const { op, kernel, inputs, attributes } = member;
    const types = inputs.map(({ type }) => type);
    const output = outputShape(member);
    const step = stepOf(op, types, [{ dtype: "f32", shape: output }], attributes);
    return [software, withSubgroups].flatMap((capabilities) =>
      (kernel.variants?.(step, capabilities) ?? []).map((variant) => ({ ...member, variant, capabilities, output })),
    );
  });
  test.each(cases)("$op [$output], $variant", async ({ variant, capabilities, ...member }) => {
    await expectAgreement(member, { capabilities, variant });
  });
});

function outputShape({ inputs, attributes }: Member): Shape {
  const { inputShape, filterShape } = attributes as { inputShape?: Shape; filterShape?: Shape };
  const [x, filter] = inputs.map(({ type }) => type.shape);
  return inputShape ?? filterShape ?? convolvedShape(x ?? [], filter ?? [], attributes as ConvolutionAttributes);
}

test("a filter gradient over many positions is cut into parts", async () => {
  const [, , gradient] = triple({ ...plain, ...padded(1), input: [2, 40, 40, 4], filter: [3, 3, 4, 4] });
  if (gradient === undefined) throw new Error("there is no filter gradient");
  const step = stepOf(
    gradient.op,
    gradient.inputs.map(({ type }) => type),
    [{ dtype: "f32", shape: [3, 3, 4, 4] }],
    gradient.attributes,
  );
  const [variant = ""] = gradient.kernel.variants?.(step, leastCapabilities) ?? [];
  expect(variant).toMatch(/split/);
  await expectAgreement(gradient, { capabilities: leastCapabilities, variant });
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
    const [forward] = triple(convolution);
    if (forward === undefined) throw new Error("there is no convolution");
    const inputs = [...forward.inputs, integers("f32", bias, 4)];
    const attributes = { ...forward.attributes, epilogue: biasAndRelu };
    for (const capabilities of [software, leastCapabilities]) {
      await expectAgreement({ ...forward, inputs, attributes }, { capabilities });
    }
  });
});

describe("operands larger than a binding", () => {
  test.each(triple({ ...plain, ...padded(1), input: [2, 8, 8, 4], filter: [3, 3, 4, 8] }))("$op", async (member) => {
    expect(member.inputs.map(({ data }) => data.byteLength > 1024)).toContain(true);
    for (const isSoftware of [true, false]) {
      await expectAgreement(member, { capabilities: { ...narrowCapabilities, isSoftware } });
    }
  });
});

describe("any geometry", () => {
  const small = (most: number) => fc.integer({ min: 1, max: most });
  const pair = (most: number) => fc.tuple(small(most), small(most));
  const side = fc.tuple(fc.nat(2), fc.nat(2));
  const convolution = fc
    .record({
      images: small(2),
      size: pair(9),
      taps: pair(4),
      groups: small(2),
      groupIn: small(5),
      groupOut: small(5),
      strides: pair(4),
      dilations: pair(3),
      padding: fc.tuple(side, side),
    })
    .map(
      ({ images, size, taps, groups, groupIn, groupOut, ...geometry }): Convolution => ({
        ...geometry,
        groups,
        input: [images, size[0], size[1], groups * groupIn],
        filter: [taps[0], taps[1], groupIn, groups * groupOut],
      }),
    )
    .filter(({ input, filter, strides: _, padding, dilations }) =>
      ([0, 1] as const).every(
        (axis) =>
          (input[axis + 1] ?? 0) + padding[axis][0] + padding[axis][1] > ((filter[axis] ?? 0) - 1) * dilations[axis],
      ),
    );

  test("all three agree with the reference", async () => {
    await fc.assert(
      fc.asyncProperty(convolution, async (each) => {
        for (const member of triple(each)) await expectAgreement(member, { capabilities: software });
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});
