// What the thread of a device says to its helpers, and what they say back.
import type { SharedMemory, WasmModule } from "../webassembly.ts";
import type { SegmentPlan } from "./segment-plan.ts";

export type ToHelper = OpenMessage | LoadMessage | RunMessage | UnloadMessage;

/** The first message: answered with `ready`. */
export interface OpenMessage {
  readonly kind: "open";
  /** The thread's number: 1 and up, since the device's own thread is 0. */
  readonly thread: number;
  /** How many there are. */
  readonly threads: number;
  readonly memory: SharedMemory;
  readonly library: WasmModule;
}

export interface LoadMessage {
  readonly kind: "load";
  readonly program: number;
  readonly slots: number;
  /** Launches of the longest segment. */
  readonly mostLaunches: number;
  readonly segments: readonly SegmentPlan[];
  /** The modules of generated functions that this helper does not have yet. */
  readonly modules: ReadonlyMap<string, WasmModule>;
  readonly control: SharedArrayBuffer;
  /** Where the threads note when they worked, if anybody wants to know. */
  readonly timeline?: SharedArrayBuffer;
}

/** Not answered: what happens is in the control words. */
export interface RunMessage {
  readonly kind: "run";
  readonly program: number;
  readonly segment: number;
  readonly run: number;
}

interface UnloadMessage {
  readonly kind: "unload";
  readonly program: number;
}

export type FromHelper = { readonly kind: "ready" } | { readonly kind: "failed"; readonly reason: string };
