// A device over a WebAssembly heap of its own: slots hold blocks that come and go with the values in them.
import {
  BackendError,
  byteLength,
  type Device,
  type DeviceLimits,
  type DeviceProgram,
  type Executable,
  MemoryError,
  type MemoryUse,
  type Operand,
  operand,
  type SlotReservation,
  type Step,
  segmentsOf,
  UsageError,
} from "@tandem/core";
import { tfjsBackend } from "./backend.ts";
import { type Block, Heap } from "./heap.ts";
import { kernels } from "./kernels/index.ts";
import type { PreparedKernel } from "./kernels/kernel.ts";
import { Machine } from "./machine.ts";
import { Tfjs } from "./tfjs.ts";

/** Addresses have 32 bits; an eighth is left for what lies between the blocks. */
const HEAP_LIMIT = 3.5 * 1024 ** 3;

export interface TfjsOptions {
  /** How many devices to open; 1 by default. */
  readonly count?: number;
  /** Number of the first one; 0 by default. */
  readonly first?: number;
  /** Bytes of tensors each device may hold; 3.5 GiB by default, which is also the most. */
  readonly memoryBytes?: number;
}

/** Opens `tfjs:0`, `tfjs:1`, ... which compute on the calling thread, each in a heap of its own. */
export async function openTfjs(options: TfjsOptions = {}): Promise<readonly Device[]> {
  const { count = 1, first = 0, memoryBytes = HEAP_LIMIT } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`openTfjs expects a count of devices of at least 1, found ${count}`);
  }
  const open = async (index: number): Promise<Device> =>
    new TfjsDevice(`tfjs:${first + index}`, Math.min(memoryBytes, HEAP_LIMIT), await Tfjs.open());
  return Promise.all(Array.from({ length: count }, (_, index) => open(index)));
}

interface PreparedStep {
  readonly step: Step;
  readonly run: PreparedKernel;
}

class TfjsDevice implements Device {
  readonly name: string;
  readonly backend: typeof tfjsBackend = tfjsBackend;
  readonly limits: DeviceLimits;
  readonly #machine: Machine;
  /** Bytes reserved for each slot, and the block of each slot that holds a value. */
  readonly #reserved = new Map<number, number>();
  readonly #blocks = new Map<number, Block>();
  #reservedBytes = 0;

  constructor(name: string, memoryBytes: number, tfjs: Tfjs) {
    this.name = name;
    this.limits = { memoryBytes };
    const heap = new Heap(
      tfjs,
      (needed) =>
        new MemoryError(name, needed, memoryBytes, {
          hint: "the heap is too fragmented: use a smaller batch, or spread the model over more devices",
        }),
    );
    this.#machine = new Machine(heap, tfjs);
  }

  async reserve(slots: readonly SlotReservation[]): Promise<void> {
    const needed = slots.reduce((sum, { bytes }) => sum + bytes, this.#reservedBytes);
    if (needed > this.limits.memoryBytes) throw new MemoryError(this.name, needed, this.limits.memoryBytes);
    for (const { id, bytes } of slots) this.#reserved.set(id, bytes);
    this.#reservedBytes = needed;
  }

  async release(slots: readonly number[]): Promise<void> {
    for (const slot of slots) {
      this.#empty(slot);
      this.#reservedBytes -= this.#reserved.get(slot) ?? 0;
      this.#reserved.delete(slot);
    }
  }

  write(slot: number, data: ArrayBufferView): void {
    const { address } = this.#blockFor(slot, data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.#machine.heap.buffer).set(bytes, address);
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    const { address } = this.#blockOf(slot);
    return this.#machine.heap.buffer.slice(address, address + bytes);
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const segments = segmentsOf(program).map((steps) =>
      steps.map((step): PreparedStep => ({ step, run: this.#prepare(step) })),
    );
    return {
      submit: async (segment, bindings) => {
        for (const prepared of segments[segment] ?? []) this.#run(prepared, bindings);
      },
      [Symbol.dispose]() {},
    };
  }

  async memoryUse(): Promise<MemoryUse> {
    return this.#machine.heap.use;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release([...this.#reserved.keys()]);
  }

  #prepare(step: Step): PreparedKernel {
    const kernel = kernels.get(step.op);
    const types = [step.inputs, step.outputs].map((operands) => operands.map(({ type }) => type));
    if (kernel?.supports(operand(types, 0), operand(types, 1), step.attributes) !== true) {
      throw new BackendError(`${this.name} has no kernel for ${step.op} of ${placeOf(step)} at these types`, {
        hint: "f64 and f16 run on the reference backend: TANDEM_BACKEND=reference",
      });
    }
    return kernel.prepare(step, this.#machine);
  }

  #run({ step, run }: PreparedStep, bindings: readonly number[]): void {
    const slotOf = ({ slot }: Operand): number => bindings[slot] ?? -1;
    const inputSlots = step.inputs.map(slotOf);
    try {
      const inputs = inputSlots.map((slot) => this.#blockOf(slot).address);
      const outputs = step.outputs.map((output) => this.#blockFor(slotOf(output), byteLength(output.type)).address);
      run(inputs, outputs);
    } catch (error) {
      throw new BackendError(`${this.name}: ${step.op} of ${placeOf(step)} failed`, { cause: error });
    }
    for (const slot of step.releases) this.#empty(bindings[slot] ?? -1);
  }

  #blockOf(slot: number): Block {
    const block = this.#blocks.get(slot);
    if (block === undefined) {
      throw new BackendError(`${this.name} has nothing in slot ${slot}`, {
        hint: this.#reserved.has(slot) ? "nothing was written to it yet" : "it was released, or never reserved",
      });
    }
    return block;
  }

  /** The block that a new value of the slot goes to: the old value's, if it has the size, so that maps can run in place. */
  #blockFor(slot: number, bytes: number): Block {
    const reserved = this.#reserved.get(slot);
    if (reserved === undefined || bytes > reserved) {
      throw new BackendError(
        `${this.name} has ${reserved ?? 0} bytes reserved for slot ${slot}, found ${bytes} to store`,
      );
    }
    const old = this.#blocks.get(slot);
    if (old?.bytes === bytes) return old;
    this.#empty(slot);
    const block = this.#machine.heap.allocate(bytes);
    this.#blocks.set(slot, block);
    return block;
  }

  #empty(slot: number): void {
    const block = this.#blocks.get(slot);
    if (block === undefined) return;
    this.#machine.heap.free(block);
    this.#blocks.delete(slot);
  }
}

function placeOf({ scope }: Step): string {
  return scope === "" ? "the top level" : scope;
}
