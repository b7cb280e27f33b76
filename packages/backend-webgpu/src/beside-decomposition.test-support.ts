// Runs the kernel of an op that has a decomposition on a software adapter, and the decomposition on the reference, in float64.
import { openReference } from "@tandem/backend-reference";
import {
  type Attributes,
  DeviceGroup,
  elementCount,
  evaluate,
  type HostTensor,
  hostTensor,
  isFloat,
  opNamed,
  type Tensor,
} from "@tandem/core";
import { runOp, type Value } from "./against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "./capabilities.ts";
import type { KernelDefinition } from "./kernel.ts";

export interface Compared {
  readonly found: readonly number[];
  /** Of float64 inputs. */
  readonly expected: readonly number[];
}

/** The only output of an op. */
export async function runBesideDecomposition(
  device: GPUDevice,
  kernel: KernelDefinition,
  op: string,
  inputs: readonly Value[],
  attributes: Attributes,
  capabilities: Capabilities = leastCapabilities,
): Promise<Compared> {
  const { found } = await runOp(device, kernel, op, inputs, attributes, { capabilities });
  return { found: [...(found[0] ?? [])], expected: await decomposed(op, inputs, attributes) };
}

async function decomposed(op: string, inputs: readonly Value[], attributes: Attributes): Promise<readonly number[]> {
  await using devices = new DeviceGroup(await openReference());
  const named = Object.fromEntries(
    inputs.map(({ type, data }, index): [string, HostTensor] => {
      const dtype = isFloat(type.dtype) ? "f64" : type.dtype;
      return [`${index}`, hostTensor(dtype, type.shape, [...data])];
    }),
  );
  const { result } = await evaluate(
    (tensors: { readonly [name: string]: Tensor }) => {
      const [first] = opNamed(op).decompose?.(Object.values(tensors), attributes) ?? [];
      if (first === undefined) throw new Error(`${op} has no decomposition`);
      return { result: first };
    },
    named,
    { devices },
  );
  return [...result.data];
}

/** Numbers of either sign, about as large as `scale`. */
export function waves(shape: readonly number[], scale: number, seed: number): readonly number[] {
  return Array.from({ length: elementCount(shape) }, (_, index) => scale * Math.sin(index * (1 + seed / 7) + seed));
}

/** Largest difference as a fraction of the largest magnitude expected; infinite where one is not finite and the other is. */
export function relativeDifference({ found, expected }: Compared): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.map(Math.abs)) || 1;
  const distances = expected.map((want, index) => Math.abs((found[index] ?? Number.NaN) - want) / scale);
  return distances.every(Number.isFinite) ? Math.max(0, ...distances) : Number.POSITIVE_INFINITY;
}
