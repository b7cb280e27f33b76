// A device over one memory that all its threads share.

import {
  BackendError,
  byteLength,
  type Device,
  type DeviceLimits,
  type DeviceProgram,
  type Executable,
  type MemoryUse,
  type Operand,
  type SlotReservation,
  type Step,
  segmentsOf,
  UsageError,
} from "@tandem/core";
import { host } from "#host";
import { wasmBackend } from "./backend.ts";
import { openLibrary, type SimdChoice } from "./library.ts";
import { DeviceMemory } from "./memory/device-memory.ts";
import { ThreadPool } from "./threads/pool.ts";
import { PooledProgram } from "./threads/pooled-program.ts";
import { type PlannedSegment, placeOf, planSegment } from "./threads/segment-plan.ts";
import { shareThreads } from "./threads/share-threads.ts";
import { stepTimings } from "./threads/step-timings.ts";
import { type WasmModule, webAssembly } from "./webassembly.ts";

export interface WasmOptions {
  /** How many devices to open; 1 by default. */
  readonly count?: number;
  /** Number of the first one; 0 by default. */
  readonly first?: number;
  /** Threads of all these devices together, at least one each; by default as many as can run at once. */
  readonly threads?: number;
  /** `auto` by default. */
  readonly simd?: SimdChoice;
  /** Bytes of tensors each device may hold; by default, and at most, what 4 GiB of memory have room for. */
  readonly memoryBytes?: number;
  /** Whether submissions resolve to when their steps ran; false by default. */
  readonly profile?: boolean;
}

export interface WasmDevice extends Device {
  /** Threads that it computes on. */
  readonly threads: number;
  /** Bytes of its memory as it is now: `deviceMemoryBytes` of what was loaded. It grows, and never shrinks. */
  readonly totalMemoryBytes: number;
}

/**
 * Opens `wasm:0`, `wasm:1`, ... which compute on the calling thread and on helper threads of their own. Where threads cannot share
 * memory (a page without cross-origin isolation), each computes on the calling thread alone.
 */
export async function openWasm(options: WasmOptions = {}): Promise<readonly WasmDevice[]> {
  const {
    count = 1,
    first = 0,
    threads = host.availableThreads(),
    simd = "auto",
    memoryBytes,
    profile = false,
  } = options;
  requireCount("a count of devices", count);
  requireCount("a number of threads", threads);
  const { module } = await openLibrary(simd);
  const open = async (own: number, index: number): Promise<WasmDevice> => {
    const name = `wasm:${first + index}`;
    const memory = new DeviceMemory(name, own, memoryBytes);
    const pool = await ThreadPool.open({ name, threads: own, memory: memory.shared, library: module });
    return new OpenWasmDevice(pool, memory, profile);
  };
  const opened = await Promise.allSettled(shareThreads(host.canShareMemory ? threads : 1, count).map(open));
  const devices = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = opened.find((result) => result.status === "rejected");
  if (failure === undefined) return devices;
  await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
  throw failure.reason;
}

function requireCount(what: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new UsageError(`openWasm expects ${what} of at least 1, found ${count}`);
}

class OpenWasmDevice implements WasmDevice {
  readonly name: string;
  readonly backend: typeof wasmBackend = wasmBackend;
  readonly limits: DeviceLimits;
  readonly #memory: DeviceMemory;
  readonly #pool: ThreadPool;
  readonly #isTimed: boolean;
  readonly #moduleKeys = new Set<string>();
  #loadedPrograms = 0;

  constructor(pool: ThreadPool, memory: DeviceMemory, isTimed: boolean) {
    this.name = pool.name;
    this.limits = memory.limits;
    this.#pool = pool;
    this.#memory = memory;
    this.#isTimed = isTimed;
  }

  get threads(): number {
    return this.#pool.threads;
  }

  get totalMemoryBytes(): number {
    return this.#memory.shared.buffer.byteLength;
  }

  async reserve(slots: readonly SlotReservation[]): Promise<void> {
    this.#memory.reserve(slots);
  }

  async release(slots: readonly number[]): Promise<void> {
    this.#memory.release(slots);
  }

  write(slot: number, data: ArrayBufferView): void {
    this.#memory.write(slot, data);
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#memory.read(slot, bytes);
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const moduleBytes = new Map<string, Uint8Array<ArrayBuffer>>();
    const segments = segmentsOf(program).map((steps) => planSegment(this.name, program, steps, moduleBytes));
    const modules = await this.#compile(moduleBytes);
    const pooled = new PooledProgram(this.#pool, {
      id: this.#loadedPrograms++,
      slots: program.slots.length,
      segments: segments.map(({ plan }) => plan),
      modules,
      isTimed: this.#isTimed,
    });
    const uses = segments.map(({ steps }) => slotUses(steps, program));
    return {
      submit: async (segment, bindings) => {
        this.#place(pooled, uses[segment] ?? [], bindings);
        const failure = pooled.run(segment);
        const planned = segments[segment];
        if (failure !== undefined) throw this.#failed(stepOf(planned, failure.launch), failure.cause);
        if (pooled.timeline === undefined || planned === undefined) return undefined;
        return stepTimings(planned, pooled.timeline, this.#pool.threads);
      },
      [Symbol.dispose]: () => pooled[Symbol.dispose](),
    };
  }

  async memoryUse(): Promise<MemoryUse> {
    return this.#memory.use;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.stop();
    this.#memory.releaseAll();
  }

  /** Those that no program before had. */
  async #compile(modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<ReadonlyMap<string, WasmModule>> {
    const missing = [...modules].filter(([key]) => !this.#moduleKeys.has(key));
    const compiled = await Promise.all(
      missing.map(async ([key, bytes]) => [key, await webAssembly.compile(bytes)] as const),
    );
    for (const [key] of compiled) this.#moduleKeys.add(key);
    return new Map(compiled);
  }

  #place(pooled: PooledProgram, uses: readonly SlotUse[], bindings: readonly number[]): void {
    for (const { slot, bytes, step } of uses) {
      try {
        pooled.place(slot, this.#memory.addressOf(bindings[slot] ?? -1, bytes));
      } catch (error) {
        throw this.#failed(step, error);
      }
    }
  }

  #failed(step: Step | undefined, cause: unknown): BackendError {
    const what = step === undefined ? "a program" : `${step.op} of ${placeOf(step)}`;
    return new BackendError(`${this.name}: ${what} failed`, { cause });
  }
}

/** A slot that a segment uses: for how many bytes, and by which step first. */
interface SlotUse {
  readonly slot: number;
  readonly bytes: number;
  readonly step: Step;
}

function slotUses(steps: readonly Step[], { slots, scratchSlot }: DeviceProgram): readonly SlotUse[] {
  const uses = new Map<number, SlotUse>();
  const note = (step: Step, { slot, type }: Operand): void => {
    const known = uses.get(slot);
    const bytes = byteLength(type);
    uses.set(slot, known === undefined || known.bytes < bytes ? { slot, bytes, step: known?.step ?? step } : known);
  };
  for (const step of steps) for (const used of [...step.inputs, ...step.outputs]) note(step, used);
  const [first] = steps;
  if (scratchSlot !== undefined && first !== undefined) {
    uses.set(scratchSlot, { slot: scratchSlot, bytes: slots[scratchSlot]?.bytes ?? 0, step: first });
  }
  return [...uses.values()];
}

function stepOf(segment: PlannedSegment | undefined, launch: number): Step | undefined {
  return segment?.steps[segment.plan.launches[launch]?.step ?? -1];
}
