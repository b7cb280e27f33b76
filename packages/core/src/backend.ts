// The contract between the compiler and whatever runs programs.
import type { Attributes } from "./graph.ts";
import type { SegmentTimings } from "./profile.ts";
import type { DeviceProgram, Step } from "./program.ts";
import type { Tensor } from "./tensor.ts";
import type { ArrayType } from "./type.ts";

/** What the compiler asks a backend, on the host, before anything is opened. Pure. */
export interface Backend {
  readonly name: string;
  /**
   * `slots`: kernels write into memory that the plan laid out.  `values`: kernels allocate their own outputs and the plan says
   * when to free them, so that the plan's peak is an upper bound.
   */
  readonly memory: "slots" | "values";
  /** Whether a kernel exists for this op at these types and attributes (`attributes.epilogue` included). */
  supports(op: string, inputs: readonly ArrayType[], outputs: readonly ArrayType[], attributes: Attributes): boolean;
  /** The backend's own rewriting of an op it does not support, tried before the op's decomposition. */
  lower?(op: string, inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[] | undefined;
  /** Slots are laid out in multiples of this many bytes; 1 by default. */
  readonly slotAlignment?: number;
  /** Workspace a kernel needs beside its operands, in bytes. */
  scratchBytes?(step: Pick<Step, "op" | "inputs" | "outputs" | "attributes">): number;
}

export interface DeviceLimits {
  /** Bytes of tensors the device can hold at once. */
  readonly memoryBytes: number;
  /** Bytes that it holds beside tensors from the moment it is open; 0 by default. */
  readonly fixedBytes?: number;
  /** Its memory grows by multiples of this many bytes; 1 by default. */
  readonly pageBytes?: number;
}

/** One place where programs run. Everything that crosses this interface can be cloned, so a device may live in a worker. */
export interface Device extends AsyncDisposable {
  /** As the user knows it, such as `tfjs:1`. */
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  /** Allocates slots under ids that the host chose. All or nothing: rejects with MemoryError. */
  reserve(slots: readonly SlotReservation[]): Promise<void>;
  release(slots: readonly number[]): Promise<void>;
  /** Copies bytes into a slot; ordered with submissions. The data may be reused when `write` returns. */
  write(slot: number, data: ArrayBufferView): void;
  /** Copies the first `bytes` of a slot out; ordered after submissions made so far. */
  read(slot: number, bytes: number): Promise<ArrayBuffer>;
  /** Prepares a program: pipelines, compiled maps. */
  load(program: DeviceProgram): Promise<Executable>;
  /** Bytes of tensors allocated at this moment, and the most there ever were. */
  memoryUse(): Promise<MemoryUse>;
}

export interface SlotReservation {
  readonly id: number;
  readonly bytes: number;
}

export interface MemoryUse {
  readonly allocatedBytes: number;
  readonly peakBytes: number;
}

export interface Executable extends Disposable {
  /**
   * Runs a segment of the program after everything submitted before. `bindings[i]` is the device's slot for the program's
   * slot i. Resolves to when its steps ran, if the device was opened to measure that. Rejects with a BackendError that names the
   * op and its scope.
   */
  submit(segment: number, bindings: readonly number[]): Promise<SegmentTimings | undefined>;
}
