// Runs a kernel on a software adapter, and the reference backend's beside it.
import { referenceKernels } from "@tandem/backend-reference";
import {
  type ArrayType,
  type Attributes,
  type DType,
  elementCount,
  type HostArray,
  hostArray,
  opNamed,
  type Shape,
} from "@tandem/core";
import { type Capabilities, leastCapabilities } from "./capabilities.ts";
import type { KernelDefinition } from "./kernel.ts";
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

/** What a kernel computes and what it should. */
export async function runBesideReference(
  device: GPUDevice,
  kernel: KernelDefinition,
  op: string,
  inputs: readonly Value[],
  attributes: Attributes,
  { capabilities = leastCapabilities, variant }: { capabilities?: Capabilities; variant?: string } = {},
): Promise<Results> {
  const types = inputs.map(({ type }) => type);
  const outputs = opNamed(op).infer(types, attributes);
  const step = stepOf(op, types, outputs, attributes);
  if (!kernel.supports({ inputs: types, outputs, attributes }, capabilities)) {
    throw new Error(`${op} is not supported on ${types.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")}`);
  }
  const data = inputs.map((input) => input.data);
  const expected = outputs.map(({ dtype, shape }) => hostArray(dtype, elementCount(shape)));
  referenceKernels.get(op)?.({ ...step, id: 0, scope: "", flops: 0, bytesMoved: 0, releases: [] }, data, expected);
  return { found: await runKernel(device, kernel, step, capabilities, data, variant), expected };
}
