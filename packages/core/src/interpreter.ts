// The smallest device: slots are host buffers and a table of kernels is called step by step. A new backend can start here.
import type { Backend, Device, DeviceLimits, Executable, MemoryUse, SlotReservation } from "./backend.ts";
import { type HostArray, hostArray } from "./dtype.ts";
import { BackendError, MemoryError } from "./errors.ts";
import { type DeviceProgram, type Operand, type Step, segmentsOf } from "./program.ts";
import { elementCount } from "./shape.ts";

/** Computes a step: reads the inputs, writes every element of the outputs. An output may be the same memory as an input. */
export type Kernel = (step: Step, inputs: readonly HostArray[], outputs: readonly HostArray[]) => void;

export interface InterpreterOptions {
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  /** The kernel of an op, or `undefined` if there is none. */
  readonly kernel: (op: string) => Kernel | undefined;
}

export function interpreterDevice(options: InterpreterOptions): Device {
  return new InterpreterDevice(options);
}

class InterpreterDevice implements Device {
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  readonly #kernel: (op: string) => Kernel | undefined;
  readonly #slots = new Map<number, ArrayBuffer>();
  #allocatedBytes = 0;
  #peakBytes = 0;

  constructor({ name, backend, limits, kernel }: InterpreterOptions) {
    this.name = name;
    this.backend = backend;
    this.limits = limits;
    this.#kernel = kernel;
  }

  async reserve(slots: readonly SlotReservation[]): Promise<void> {
    const needed = slots.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.#allocatedBytes + needed > this.limits.memoryBytes) {
      throw new MemoryError(this.name, this.#allocatedBytes + needed, this.limits.memoryBytes);
    }
    for (const { id, bytes } of slots) this.#slots.set(id, new ArrayBuffer(bytes));
    this.#allocatedBytes += needed;
    this.#peakBytes = Math.max(this.#peakBytes, this.#allocatedBytes);
  }

  async release(slots: readonly number[]): Promise<void> {
    for (const slot of slots) {
      this.#allocatedBytes -= this.#slots.get(slot)?.byteLength ?? 0;
      this.#slots.delete(slot);
    }
  }

  write(slot: number, data: ArrayBufferView): void {
    new Uint8Array(this.#memory(slot)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#memory(slot).slice(0, bytes);
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const segments = segmentsOf(program).map((steps) => steps.map((step) => ({ step, kernel: this.#kernelFor(step) })));
    return {
      submit: async (segment, bindings) => {
        const view = ({ slot, type }: Operand): HostArray =>
          hostArray(type.dtype, elementCount(type.shape), this.#memory(bindings[slot] ?? -1));
        for (const { step, kernel } of segments[segment] ?? []) {
          try {
            kernel(step, step.inputs.map(view), step.outputs.map(view));
          } catch (error) {
            throw new BackendError(
              `${this.name}: ${step.op} of ${step.scope === "" ? "the top level" : step.scope} failed`,
              { cause: error },
            );
          }
        }
      },
      [Symbol.dispose]() {},
    };
  }

  async memoryUse(): Promise<MemoryUse> {
    return { allocatedBytes: this.#allocatedBytes, peakBytes: this.#peakBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#slots.clear();
    this.#allocatedBytes = 0;
  }

  #kernelFor(step: Step): Kernel {
    const kernel = this.#kernel(step.op);
    if (kernel === undefined)
      throw new BackendError(`${this.backend.name} has no kernel for ${step.op} of ${step.scope}`);
    return kernel;
  }

  #memory(slot: number): ArrayBuffer {
    const memory = this.#slots.get(slot);
    if (memory === undefined)
      throw new BackendError(`${this.name} has no slot ${slot}`, { hint: "it was released, or never reserved" });
    return memory;
  }
}
