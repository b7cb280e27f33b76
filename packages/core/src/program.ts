// What a backend receives: for each device a stream of segments of steps over numbered buffer slots, with the transfers between
// devices. Plain data: it can be sent to a worker or another process.
import type { HostArray } from "./dtype.ts";
import type { Attributes } from "./graph.ts";
import type { ArrayType } from "./type.ts";

export const PROGRAM_VERSION = 1;

/**
 * - `state`: stays on the device between runs; bound to the caller's state at each run.
 * - `constant`: written once, when the program is loaded.
 * - `temporary`: holds inputs, intermediates and outputs in turn; free to be any program's between runs.
 * - `scratch`: workspace that kernels asked for.
 */
export type SlotKind = "state" | "constant" | "temporary" | "scratch";

export interface Slot {
  readonly kind: SlotKind;
  readonly bytes: number;
}

/** A typed view of a whole slot, from its first byte. */
export interface Operand {
  /** Index into `DeviceProgram.slots`. */
  readonly slot: number;
  readonly type: ArrayType;
}

export interface Step {
  /** Unique within the program. */
  readonly id: number;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Operand[];
  /** May share a slot with an input only where the op is a map that reads that input at the same position. */
  readonly outputs: readonly Operand[];
  readonly scope: string;
  readonly flops: number;
  readonly bytesMoved: number;
  /** Slots whose values nothing reads after this step; a backend that allocates for itself frees them. */
  readonly releases: readonly number[];
}

export type StreamItem =
  | { readonly kind: "segment"; readonly steps: readonly Step[] }
  | { readonly kind: "send"; readonly transfer: number; readonly operand: Operand }
  | { readonly kind: "receive"; readonly transfer: number; readonly operand: Operand };

export interface DeviceProgram {
  /** Index into the devices the program was compiled for. */
  readonly device: number;
  readonly slots: readonly Slot[];
  readonly constants: readonly { readonly slot: number; readonly data: HostArray }[];
  /** In order: what is submitted, sent and received. Segments are numbered by their order among segments. */
  readonly stream: readonly StreamItem[];
  /** Slot that all kernels share as workspace, if one asked for any. */
  readonly scratchSlot?: number;
  /** Sum of the slots: what the device holds while the program is loaded. */
  readonly peakBytes: number;
}

export interface ProgramInput {
  readonly name: string;
  /** Places the value goes to: one for each device that reads it. */
  readonly targets: readonly { readonly device: number; readonly operand: Operand }[];
  readonly isState: boolean;
}

export interface ProgramOutput {
  readonly name: string;
  readonly device: number;
  readonly operand: Operand;
  /** Name of the state input whose slot already holds this output when the run ends. */
  readonly replaces?: string;
}

export interface ProgramTransfer {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Scope of the node that receives. */
  readonly scope: string;
}

export interface Program {
  readonly version: typeof PROGRAM_VERSION;
  readonly devices: readonly DeviceProgram[];
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly ProgramOutput[];
  readonly transfers: readonly ProgramTransfer[];
}

/** The segments of a stream, in the order of their numbers. */
export function segmentsOf(program: DeviceProgram): readonly (readonly Step[])[] {
  return program.stream.flatMap((item) => (item.kind === "segment" ? [item.steps] : []));
}
