// A program on all threads of a device: starts them on a segment, works with them, and sees them leave.
import type { WasmModule } from "../webassembly.ts";
import { ABSENCE, ADDRESS_VERSION, Control, OPEN_RUN, SLEEPERS } from "./control.ts";
import { LaunchSequence } from "./launch-sequence.ts";
import type { ThreadPool } from "./pool.ts";
import type { SegmentPlan } from "./segment-plan.ts";
import { Timeline } from "./timeline.ts";
import { waitForAtLeast } from "./wait.ts";

export interface PooledProgramOptions {
  /** Number that no other program of this pool goes by. */
  readonly id: number;
  /** How many slots it has. */
  readonly slots: number;
  readonly segments: readonly SegmentPlan[];
  /** Those of its modules that no program before it had. */
  readonly modules: ReadonlyMap<string, WasmModule>;
  /** Whether threads note when they worked. */
  readonly isTimed: boolean;
}

export interface LaunchFailure {
  readonly launch: number;
  readonly cause: unknown;
}

export class PooledProgram {
  readonly timeline: Timeline | undefined;
  readonly #id: number;
  readonly #pool: ThreadPool;
  readonly #segments: readonly SegmentPlan[];
  readonly #sequences: readonly LaunchSequence[];
  readonly #control: Control;
  #runs = 0;

  constructor(pool: ThreadPool, { id, slots, segments, modules, isTimed }: PooledProgramOptions) {
    const { threads, memory, functions } = pool;
    const mostLaunches = Math.max(0, ...segments.map(({ launches }) => launches.length));
    const control = wordsFor(threads, Control.bytesFor(slots, mostLaunches));
    const times = isTimed ? wordsFor(threads, Timeline.bytesFor(threads, mostLaunches)) : undefined;
    functions.add(modules);
    this.timeline = times === undefined ? undefined : new Timeline(times, mostLaunches);
    this.#id = id;
    this.#pool = pool;
    this.#segments = segments;
    this.#control = new Control(control, slots);
    const options = { thread: 0, threads, memory, functions, control: this.#control, timeline: this.timeline };
    this.#sequences = segments.map((plan) => new LaunchSequence(plan, options));
    if (threads === 1) return;
    pool.post({
      kind: "load",
      program: id,
      slots,
      mostLaunches,
      segments,
      modules,
      control: control as SharedArrayBuffer,
      ...(times !== undefined && { timeline: times as SharedArrayBuffer }),
    });
  }

  /** Says where a slot of the program is from the next run on. */
  place(slot: number, address: number): void {
    const { words } = this.#control;
    const index = this.#control.address(slot);
    if (words[index] === (address | 0)) return;
    words[index] = address;
    words[ADDRESS_VERSION] = (words[ADDRESS_VERSION] ?? 0) + 1;
  }

  /** Runs a segment on all threads and returns when none of them is in it any more: `undefined`, or what failed. Throws BackendError once the pool has. */
  run(segment: number): LaunchFailure | undefined {
    const sequence = this.#sequences[segment];
    if (sequence === undefined) return undefined;
    this.#pool.requireOpen();
    this.#control.reset(this.#segments[segment]?.launches.length ?? 0);
    this.timeline?.clear();
    let thrown: unknown;
    try {
      if (sequence.isShared) this.#runShared(segment, sequence);
      else sequence.lead();
    } catch (error) {
      thrown = error;
    }
    const failure = this.#control.failure();
    if (failure === undefined) {
      if (thrown !== undefined) throw thrown;
      return undefined;
    }
    return { launch: failure.launch, cause: thrown ?? new Error(failure.text) };
  }

  [Symbol.dispose](): void {
    this.#pool.post({ kind: "unload", program: this.#id });
  }

  #runShared(segment: number, sequence: LaunchSequence): void {
    const { words } = this.#control;
    this.#runs = (this.#runs % MOST_RUNS) + 1;
    Atomics.store(words, OPEN_RUN, this.#runs);
    try {
      this.#pool.post({ kind: "run", program: this.#id, segment, run: this.#runs });
      sequence.lead();
    } finally {
      Atomics.store(words, OPEN_RUN, 0);
      waitForAtLeast(0, { words, index: ABSENCE, sleepers: SLEEPERS });
    }
  }
}

const MOST_RUNS = 2 ** 30;

/** A single thread needs no memory that others see, which not every platform has. */
function wordsFor(threads: number, bytes: number): ArrayBufferLike {
  return threads === 1 ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}
