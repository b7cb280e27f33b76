// Runs a kernel on a software adapter, and the reference backend's beside it.
import { referenceKernels } from "@tandem/backend-reference";
import {
  type ArrayType,
  type Attributes,
  type DType,
  elementCount,
  formatTensorType,
  type HostArray,
  hostArray,
  opNamed,
  type Shape,
} from "@tandem/core";
import { type Capabilities, leastCapabilities } from "./capabilities.ts";
import type { KernelDefinition, StepShape } from "./kernel.ts";
import { runKernel, stepOf } from "./run-kernel.test-support.ts";

export interface Value {
  readonly type: ArrayType;
  readonly data: HostArray;
}

export function value(dtype: DType, shape: Shape, elements: Iterable<number>): Value {
  const data = hostArray(dtype, elementCount(shape));
  data.set([...elements]);
  return { type: { dtype, shape }, data };
}

/** Small whole numbers, whose sums are exact in any order. */
export function integers(dtype: DType, shape: Shape, seed: number): Value {
  const numbers = Array.from(
    { length: elementCount(shape) },
    (_, index) => (Math.imul(index + seed, 2654435761) >>> 28) - 7,
  );
  return value(dtype, shape, dtype === "bool" ? numbers.map((number) => number & 1) : numbers);
}

/** Adapters on which a tensor of more than a few hundred bytes takes several windows. */
export const narrowCapabilities: Capabilities = {
  ...leastCapabilities,
  limits: { ...leastCapabilities.limits, bindingBytes: 1024, storageBindings: 8 },
};

export interface Results {
  readonly found: readonly HostArray[];
  readonly expected: readonly HostArray[];
}

export interface RunOptions {
  readonly capabilities?: Capabilities;
  readonly variant?: string;
}

export interface OpRun {
  readonly step: StepShape;
  readonly found: readonly HostArray[];
}

/** Runs an op by a kernel that has to support it. */
export async function runOp(
  device: GPUDevice,
  kernel: KernelDefinition,
  op: string,
  inputs: readonly Value[],
  attributes: Attributes,
  { capabilities = leastCapabilities, variant }: RunOptions = {},
): Promise<OpRun> {
  const types = inputs.map(({ type }) => type);
  const outputs = opNamed(op).infer(types, attributes);
  const step = stepOf(op, types, outputs, attributes);
  if (!kernel.supports({ inputs: types, outputs, attributes }, capabilities)) {
    throw new Error(`${op} is not supported on ${types.map(formatTensorType).join(", ")}`);
  }
  const data = inputs.map((input) => input.data);
  return { step, found: await runKernel(device, kernel, step, capabilities, data, variant) };
}

/** What a kernel computes and what it should. */
export async function runBesideReference(
  device: GPUDevice,
  kernel: KernelDefinition,
  op: string,
  inputs: readonly Value[],
  attributes: Attributes,
  options: RunOptions = {},
): Promise<Results> {
  const { step, found } = await runOp(device, kernel, op, inputs, attributes, options);
  const expected = step.outputs.map(({ type }) => hostArray(type.dtype, elementCount(type.shape)));
  const data = inputs.map((input) => input.data);
  referenceKernels.get(op)?.({ ...step, id: 0, scope: "", flops: 0, bytesMoved: 0, releases: [] }, data, expected);
  return { found, expected };
}
