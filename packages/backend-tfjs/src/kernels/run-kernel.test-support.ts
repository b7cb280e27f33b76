// Runs one kernel on host arrays, and the reference's beside it, for tests.
import { referenceKernels } from "@tandem/backend-reference";
import {
  type ArrayType,
  type Attributes,
  byteLength,
  type DType,
  elementCount,
  type HostArray,
  hostArray,
  operand,
  opNamed,
  type Shape,
  type Step,
} from "@tandem/core";
import type { StepShape } from "@tandem/wasm-codegen";
import { Heap } from "../heap.ts";
import { Machine } from "../machine.ts";
import { Tfjs } from "../tfjs.ts";
import { kernels } from "./index.ts";

export interface Value {
  readonly type: ArrayType;
  readonly data: HostArray;
}

export function value(dtype: DType, shape: Shape, elements: Iterable<number>): Value {
  const data = hostArray(dtype, elementCount(shape));
  data.set([...elements]);
  return { type: { dtype, shape }, data };
}

export async function openMachine(): Promise<Machine> {
  const tfjs = await Tfjs.open();
  const heap = new Heap(tfjs, (bytes) => new Error(`no room for ${bytes} bytes`));
  return new Machine(heap, tfjs);
}

/** What is left in memory that nobody wrote to. */
const RUBBISH = 0x7fc12345;

/** Outputs start as rubbish, so that an element left unwritten shows; writing beside an output is an error. */
function runKernel(machine: Machine, op: string, inputs: readonly Value[], attributes: Attributes): Value[] {
  const { heap } = machine;
  const types = inputs.map(({ type }) => type);
  const results = opNamed(op).infer(types, attributes);
  const operandOf = (type: ArrayType, slot: number) => ({ slot, type });
  const step: StepShape = { op, attributes, inputs: types.map(operandOf), outputs: results.map(operandOf) };
  const kernel = kernels.get(op);
  if (kernel?.supports(types, results, attributes) !== true) throw new Error(`${op} is not supported`);

  const guard = 64;
  const blocks = [...types, ...results].map((type) => heap.allocate(byteLength(type) + 2 * guard));
  try {
    for (const { address, bytes } of blocks) new Uint32Array(heap.buffer, address, bytes / 4).fill(RUBBISH);
    const addresses = blocks.map(({ address }) => address + guard);
    for (const [index, { data }] of inputs.entries()) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      new Uint8Array(heap.buffer).set(bytes, operand(addresses, index));
    }
    kernel.prepare(step, machine)(addresses.slice(0, types.length), addresses.slice(types.length));
    for (const { address, bytes } of blocks) {
      const margins = [address, address + bytes - guard].map((at) => new Uint32Array(heap.buffer, at, guard / 4));
      if (margins.some((margin) => margin.some((word) => word !== RUBBISH))) throw new Error(`${op} wrote beside`);
    }
    return results.map((type, index) => {
      const address = operand(addresses, types.length + index);
      const bytes = heap.buffer.slice(address, address + byteLength(type));
      return { type, data: hostArray(type.dtype, elementCount(type.shape), bytes) };
    });
  } finally {
    for (const block of blocks) heap.free(block);
  }
}

export function runKernel1(machine: Machine, op: string, inputs: readonly Value[], attributes: Attributes): Value {
  return operand(runKernel(machine, op, inputs, attributes), 0);
}

/** Small whole numbers, whose sums and products are exact in any order. */
export function integers(shape: Shape, seed: number): Value {
  const count = elementCount(shape);
  return value(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => (Math.imul(index + seed, 2654435761) >>> 28) - 7),
  );
}

/** What the reference backend computes. */
export function referenceResult(op: string, inputs: readonly Value[], attributes: Attributes): HostArray {
  const types = inputs.map(({ type }) => type);
  const type = operand(opNamed(op).infer(types, attributes), 0);
  const data = hostArray(type.dtype, elementCount(type.shape));
  const step: Step = {
    id: 0,
    op,
    attributes,
    inputs: types.map((of, slot) => ({ slot, type: of })),
    outputs: [{ slot: 0, type }],
    scope: "",
    flops: 0,
    bytesMoved: 0,
    releases: [],
  };
  referenceKernels.get(op)?.(
    step,
    inputs.map((input) => input.data),
    [data],
  );
  return data;
}
