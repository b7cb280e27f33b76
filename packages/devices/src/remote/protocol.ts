// What a device elsewhere, in a thread or a process, and the thread that uses it say to each other. A request is answered under its
// id; writes are not answered, what goes wrong with one is told by the next answer.
import type { Capabilities } from "@tandem/backend-webgpu";
import type { DeviceLimits, DeviceProgram, MemoryUse, SegmentTimings, SlotReservation } from "@tandem/core";
import type { BackendName, DeviceOptions } from "../backends.ts";
import type { AdapterSelector } from "../choice/adapters.ts";
import type { PackedError } from "./error-transport.ts";

/** What a device is opened with. */
export interface DeviceInput {
  readonly backend: BackendName;
  readonly index: number;
  readonly options: DeviceOptions;
  /** Which of the adapters that are found where the device lives, on a backend that has adapters. */
  readonly selector?: AdapterSelector;
  /** Two i32: how many devices are computing now, and the most there ever were at once. Other processes share no memory. */
  readonly activity?: SharedArrayBuffer;
}

/** What an open device says of itself: plain data. */
export interface DeviceTraits {
  readonly limits: DeviceLimits;
  readonly capabilities?: Capabilities;
}

/** The questions by name, each with what it takes and what is answered. `open` is the first one. */
export interface Questions {
  readonly open: { readonly takes: { readonly input: DeviceInput }; readonly gives: DeviceTraits };
  readonly reserve: { readonly takes: { readonly slots: readonly SlotReservation[] }; readonly gives: undefined };
  readonly release: { readonly takes: { readonly slots: readonly number[] }; readonly gives: undefined };
  readonly read: { readonly takes: { readonly slot: number; readonly bytes: number }; readonly gives: ArrayBuffer };
  /** Answers with the number that the loaded program goes by. */
  readonly load: { readonly takes: { readonly program: DeviceProgram }; readonly gives: number };
  readonly submit: {
    readonly takes: { readonly executable: number; readonly segment: number; readonly bindings: readonly number[] };
    readonly gives: SegmentTimings | undefined;
  };
  readonly unload: { readonly takes: { readonly executable: number }; readonly gives: undefined };
  readonly memoryUse: { readonly takes: Record<never, never>; readonly gives: MemoryUse };
  readonly close: { readonly takes: Record<never, never>; readonly gives: undefined };
}

export type QuestionName = keyof Questions;

export type Request = {
  [Name in QuestionName]: { readonly kind: Name; readonly id: number } & Questions[Name]["takes"];
}[QuestionName];

export interface WriteMessage {
  readonly kind: "write";
  readonly slot: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

export type Answer =
  | { readonly id: number; readonly value: Questions[QuestionName]["gives"] }
  | { readonly id: number; readonly error: PackedError };
