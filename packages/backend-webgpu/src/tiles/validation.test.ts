// Every way to compute AlexNet's products, at their real sizes, as shaders that Dawn accepts: on the least adapter, and on large ones
// with f16, subgroups and subgroup matrices, which no software adapter has. Nothing is executed. The device that validates has the
// least adapter's 16 KiB of workgroup memory: where more is used, modules are validated, and not pipelines.
import {
  type ArrayType,
  type Attributes,
  type ConvolutionAttributes,
  convolvedShape,
  type DType,
  type Shape,
} from "@tandem/core";
import { beforeAll, describe, expect, test } from "vitest";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import { kernels } from "../kernels/index.ts";
import { openTestDevice, stepOf, validateDispatches } from "../run-kernel.test-support.ts";
import type { Dispatch } from "../shader/dispatch.ts";

let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("null");
});

const large: Capabilities = {
  ...leastCapabilities,
  adapter: "a large GPU",
  f16: true,
  subgroups: { smallest: 32, largest: 32 },
  subgroupMatrices: [{ componentType: "f16", resultComponentType: "f32", m: 16, n: 16, k: 16 }],
  limits: { ...leastCapabilities.limits, bindingBytes: 2 ** 31, bufferBytes: 2 ** 32 },
};
const largest: Capabilities = { ...large, limits: { ...large.limits, workgroupBytes: 49152 } };

const BATCH = 128;

interface Layer {
  readonly name: string;
  readonly input: Shape;
  readonly filter: Shape;
  readonly stride?: number;
  readonly pad?: readonly [number, number];
  readonly groups?: number;
}

const convolutions: readonly Layer[] = [
  { name: "conv1", input: [BATCH, 224, 224, 3], filter: [11, 11, 3, 96], stride: 4, pad: [0, 3] },
  { name: "conv1 at 227", input: [BATCH, 227, 227, 3], filter: [11, 11, 3, 96], stride: 4 },
  { name: "conv2", input: [BATCH, 27, 27, 96], filter: [5, 5, 48, 256], pad: [2, 2], groups: 2 },
  { name: "conv3", input: [BATCH, 13, 13, 256], filter: [3, 3, 256, 384], pad: [1, 1] },
  { name: "conv4", input: [BATCH, 13, 13, 384], filter: [3, 3, 192, 384], pad: [1, 1], groups: 2 },
  { name: "conv5", input: [BATCH, 13, 13, 384], filter: [3, 3, 192, 256], pad: [1, 1], groups: 2 },
];

const linear = [
  { name: "fc6", inputs: 9216, outputs: 4096 },
  { name: "fc7", inputs: 4096, outputs: 4096 },
  { name: "fc8", inputs: 4096, outputs: 1000 },
];

interface Named {
  readonly name: string;
  readonly step: StepShape;
}

function stepsOf(dtype: DType): readonly Named[] {
  const typed = (shape: Shape): ArrayType => ({ dtype, shape });
  const step = (op: string, inputs: readonly Shape[], output: Shape, attributes: Attributes): StepShape =>
    stepOf(op, inputs.map(typed), [typed(output)], { accumulate: "f32", ...attributes });
  return [
    ...convolutions.flatMap(({ name, input, filter, stride = 1, pad = [0, 0], groups = 1 }) => {
      const attributes: ConvolutionAttributes = {
        strides: [stride, stride],
        padding: [pad, pad],
        dilations: [1, 1],
        groups,
        accumulate: "f32",
      };
      const output = convolvedShape(input, filter, attributes);
      return [
        { name, step: step("conv2d", [input, filter], output, attributes) },
        {
          name: `${name}, input's gradient`,
          step: step("conv2dInputGradient", [output, filter], input, { ...attributes, inputShape: input }),
        },
        {
          name: `${name}, filter's gradient`,
          step: step("conv2dFilterGradient", [input, output], filter, { ...attributes, filterShape: filter }),
        },
      ];
    }),
    ...linear.flatMap(({ name, inputs, outputs }) => {
      const [x, w, y] = [
        [BATCH, inputs],
        [inputs, outputs],
        [BATCH, outputs],
      ];
      const matmul = (a: Shape, b: Shape, result: Shape, transposeA: boolean, transposeB: boolean): StepShape =>
        step("matmul", [a, b], result, { transposeA, transposeB });
      return [
        { name, step: matmul(x, w, y, false, false) },
        { name: `${name}, input's gradient`, step: matmul(y, w, x, false, true) },
        { name: `${name}, weights' gradient`, step: matmul(x, y, w, true, false) },
      ];
    }),
  ];
}

async function validateModules(dispatches: readonly Dispatch[]): Promise<void> {
  for (const { wgsl } of dispatches) {
    device.pushErrorScope("validation");
    device.createShaderModule({ code: wgsl });
    expect((await device.popErrorScope())?.message).toBeUndefined();
  }
}

describe.each([
  { adapter: "the least adapter", dtype: "f32", capabilities: leastCapabilities },
  { adapter: "the least software adapter", dtype: "f32", capabilities: { ...leastCapabilities, isSoftware: true } },
  { adapter: "a large GPU", dtype: "f32", capabilities: large },
  { adapter: "a large GPU", dtype: "f16", capabilities: large },
  { adapter: "a large GPU with more workgroup memory", dtype: "f32", capabilities: largest },
  { adapter: "a large GPU with more workgroup memory", dtype: "f16", capabilities: largest },
] as const)("$dtype on $adapter", ({ dtype, capabilities }) => {
  test.each(stepsOf(dtype))("$name", async ({ step }) => {
    const kernel = kernels.get(step.op);
    const types = (operands: StepShape["inputs"]): readonly ArrayType[] => operands.map(({ type }) => type);
    const signature = { inputs: types(step.inputs), outputs: types(step.outputs), attributes: step.attributes };
    expect(kernel?.supports(signature, capabilities)).toBe(true);
    const variants = kernel?.variants?.(step, capabilities) ?? [];
    expect(variants.length).toBeGreaterThan(3);
    expect(new Set(variants).size).toBe(variants.length);
    for (const variant of variants) {
      const dispatches = kernel?.dispatches(step, capabilities, variant) ?? [];
      for (const { bindings, workgroups } of dispatches) {
        expect(bindings.length).toBeLessThanOrEqual(capabilities.limits.storageBindings);
        expect(Math.max(...workgroups)).toBeLessThanOrEqual(capabilities.limits.workgroupsPerAxis);
      }
      await (capabilities === largest ? validateModules(dispatches) : validateDispatches(device, dispatches));
    }
  });
});
