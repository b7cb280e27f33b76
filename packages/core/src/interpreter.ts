// The smallest device: slots are host buffers and a table of kernels is called step by step. A new backend can start here.
import type { Backend, Device, DeviceLimits, Executable, MemoryUse, SlotReservation } from "./backend.ts";
import { type HostArray, hostArray } from "./dtype.ts";
import { BackendError, MemoryError } from "./errors.ts";
import { float16Bits, fromFloat16Bits } from "./float16.ts";
import { type DeviceProgram, type Operand, type Step, segmentsOf } from "./program.ts";
import { elementCount } from "./shape.ts";

/**
 * Computes a step: reads the inputs, writes every element of the outputs. An output may be the same memory as an input.
 * f16 operands come and go as Float64Array; what is written there is rounded once, after the kernel.
 */
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
        const memory = ({ slot }: Operand): ArrayBuffer => this.#memory(bindings[slot] ?? -1);
        for (const { step, kernel } of segments[segment] ?? []) {
          try {
            runKernel(kernel, step, memory);
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

function runKernel(kernel: Kernel, step: Step, memory: (operand: Operand) => ArrayBuffer): void {
  const stored = ({ type }: Operand): number => elementCount(type.shape);
  const inputs = step.inputs.map((input) =>
    input.type.dtype === "f16"
      ? Float64Array.from(new Uint16Array(memory(input), 0, stored(input)), fromFloat16Bits)
      : hostArray(input.type.dtype, stored(input), memory(input)),
  );
  const outputs = step.outputs.map((output) =>
    output.type.dtype === "f16"
      ? new Float64Array(stored(output))
      : hostArray(output.type.dtype, stored(output), memory(output)),
  );
  kernel(step, inputs, outputs);
  for (const [index, output] of step.outputs.entries()) {
    if (output.type.dtype !== "f16") continue;
    const bits = new Uint16Array(memory(output), 0, stored(output));
    for (const [element, value] of (outputs[index] ?? []).entries()) bits[element] = float16Bits(value);
  }
}
