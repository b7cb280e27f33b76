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
import { moduleImports } from "../encoding/module.ts";
import type { StepShape } from "../kernel.ts";
import type { Launch, LaunchArgument } from "../launch.ts";
import { generatedKernels } from "./index.ts";

export interface Value {
  readonly type: ArrayType;
  readonly data: HostArray;
}

export function value(dtype: DType, shape: Shape, elements: Iterable<number>): Value {
  const data = hostArray(dtype, elementCount(shape));
  data.set([...elements]);
  return { type: { dtype, shape }, data };
}

type Run = (tile: number, ...addresses: number[]) => void;
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: Run } };
  readonly Memory: new (limits: object) => { readonly buffer: ArrayBuffer };
}
/** Neither Node's types nor the ES library declare WebAssembly. */
const { Module, Instance, Memory } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

const PAGE = 65536;
/** What is left in memory that nobody wrote to. */
const RUBBISH = 0x7fc12345;
/** Between blocks. Nothing may be written here. */
const GUARD = 64;
const THREAD_WORKSPACE = 65536;

/** In what order the tiles of a launch run. */
export type TileOrder = "forward" | "backward";

/** Outputs start as rubbish, so that an element left unwritten shows; writing beside an output is an error. */
export function runKernel(
  op: string,
  inputs: readonly Value[],
  attributes: Attributes,
  order: TileOrder = "backward",
): Value[] {
  const types = inputs.map(({ type }) => type);
  const results = opNamed(op).infer(types, attributes);
  const operandOf = (type: ArrayType, slot: number) => ({ slot, type });
  const step: StepShape = { op, attributes, inputs: types.map(operandOf), outputs: results.map(operandOf) };
  const kernel = generatedKernels.get(op);
  if (kernel?.supports(types, results, attributes) !== true) throw new Error(`${op} is not supported`);
  const sizes = [...types, ...results].map(byteLength);
  const block = layOut([...sizes, kernel.scratchBytes?.(step) ?? 0, THREAD_WORKSPACE]);
  const sharedMemory = order === "backward";
  const pages = Math.ceil(block.end / PAGE);
  const memory = new Memory({ initial: pages, maximum: pages, shared: sharedMemory });
  new Uint32Array(memory.buffer).fill(RUBBISH);
  const addressOf = (index: number): number => operand(block.addresses, index);
  for (const [index, { data }] of inputs.entries()) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer).set(bytes, addressOf(index));
  }
  const [scratchAt, workspaceAt] = [addressOf(sizes.length), addressOf(sizes.length + 1)];
  const resolve = (argument: LaunchArgument): number => {
    switch (argument.kind) {
      case "input":
        return addressOf(argument.index) + argument.byteOffset;
      case "output":
        return addressOf(types.length + argument.index) + argument.byteOffset;
      case "scratch":
        return scratchAt + argument.byteOffset;
      case "threadWorkspace":
        new Int32Array(memory.buffer).set(argument.words, workspaceAt / 4);
        return workspaceAt;
      case "integer":
        return argument.value;
    }
  };
  for (const launch of kernel.launches(step, { sharedMemory })) {
    const run = instantiate(launch, memory);
    const tiles = [...Array(launch.tiles).keys()];
    for (const tile of order === "backward" ? tiles.toReversed() : tiles) {
      run(tile, ...launch.arguments.map(resolve));
    }
  }
  const guards = [...sizes.keys()].map((index) => new Uint32Array(memory.buffer, addressOf(index) - GUARD, GUARD / 4));
  if (guards.some((guard) => guard.some((word) => word !== RUBBISH))) throw new Error(`${op} wrote beside`);
  return results.map((type, index) => {
    const address = addressOf(types.length + index);
    const bytes = new Uint8Array(memory.buffer).slice(address, address + byteLength(type)).buffer;
    return { type, data: hostArray(type.dtype, elementCount(type.shape), bytes) };
  });
}

/** Addresses of blocks of these sizes, each with a guard before it. */
function layOut(sizes: readonly number[]): { readonly addresses: readonly number[]; readonly end: number } {
  let end = 0;
  const addresses = sizes.map((bytes) => {
    const address = Math.ceil((end + GUARD) / 16) * 16;
    end = address + bytes;
    return address;
  });
  return { addresses, end: end + GUARD };
}

function instantiate(launch: Launch, memory: object): Run {
  if (launch.function.kind !== "generated") throw new Error(`a library's ${launch.function.name} is not generated`);
  return new Instance(new Module(launch.function.module), moduleImports(memory)).exports.run;
}

export function runKernel1(op: string, inputs: readonly Value[], attributes: Attributes): Value {
  return operand(runKernel(op, inputs, attributes), 0);
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
