// A segment as one thread runs it: its launches with functions and addresses filled in, and the rules by which threads share tiles.
import { THREAD_WORKSPACE_BYTES } from "../kernels/thread-workspace.ts";
import { workspaceAddress } from "../memory/layout.ts";
import type { SharedMemory, WasmFunction } from "../webassembly.ts";
import { ABORTED, ADDRESS_VERSION, type Control, PHASE, SLEEPERS } from "./control.ts";
import type { Functions } from "./functions.ts";
import type { PlannedAddress, SegmentPlan } from "./segment-plan.ts";
import { now, type Timeline } from "./timeline.ts";
import { waitForAtLeast } from "./wait.ts";

interface PreparedLaunch {
  readonly run: WasmFunction;
  readonly tiles: number;
  /** What `run` is called with: the tile, then the launch's arguments. */
  readonly parameters: number[];
  readonly addresses: readonly PlannedAddress[];
  /** What the thread's workspace begins with. */
  readonly words: readonly number[];
}

export interface SequenceOptions {
  readonly thread: number;
  /** Number of threads that run the segment. */
  readonly threads: number;
  readonly memory: SharedMemory;
  readonly functions: Functions;
  readonly control: Control;
  readonly timeline: Timeline | undefined;
}

export class LaunchSequence {
  readonly #launches: readonly PreparedLaunch[];
  /** For each launch, the next one from it on whose tiles threads share. */
  readonly #nextShared: readonly number[];
  readonly #control: Control;
  readonly #timeline: Timeline | undefined;
  readonly #workspace: Int32Array;
  readonly #thread: number;
  #addressVersion = 0;

  constructor(plan: SegmentPlan, { thread, threads, memory, functions, control, timeline }: SequenceOptions) {
    const address = workspaceAddress(thread);
    this.#thread = thread;
    this.#control = control;
    this.#timeline = timeline;
    this.#workspace = new Int32Array(memory.buffer, address, THREAD_WORKSPACE_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#launches = plan.launches.map((launch) => {
      const parameters = [0, ...launch.arguments];
      for (const { position } of launch.workspaces) parameters[position + 1] = address;
      return {
        run: functions.get(launch.function),
        tiles: launch.tiles,
        parameters,
        addresses: launch.addresses,
        words: launch.workspaces.flatMap(({ words }) => words),
      };
    });
    const isShared = (index: number): boolean => threads > 1 && plan.launches[index]?.isShared === true;
    const nextShared = Array<number>(this.#launches.length + 1).fill(this.#launches.length);
    for (let index = this.#launches.length - 1; index >= 0; index--) {
      nextShared[index] = isShared(index) ? index : (nextShared[index + 1] ?? index + 1);
    }
    this.#nextShared = nextShared;
  }

  /** Whether there is work that threads share. */
  get isShared(): boolean {
    return this.#sharedFrom(0) < this.#launches.length;
  }

  /** What the device's own thread does: all launches, in order. False where one of them failed. */
  lead(): boolean {
    this.#fillInAddresses();
    const { words } = this.#control;
    let index = 0;
    try {
      for (; index < this.#launches.length; index++) {
        const launch = this.#launches[index];
        if (launch === undefined) break;
        if (this.#sharedFrom(index) > index) {
          this.#runAlone(launch, index);
          // Helpers wait for nothing but launches that are shared.
          if (this.isShared) {
            Atomics.compareExchange(words, PHASE, index, index + 1);
            if (this.#sharedFrom(index + 1) === index + 1) this.#control.wakeSleepers();
          }
        } else {
          this.#share(launch, index);
          if (!this.#waitForPhase(index + 1)) return false;
        }
      }
      return true;
    } catch (error) {
      this.#control.fail(index, error);
      throw error;
    }
  }

  /** What a helper does, whenever it comes: its share of what is left. Throws nothing: failures are in the control words. */
  help(): void {
    this.#fillInAddresses();
    const { words } = this.#control;
    let index = 0;
    try {
      for (;;) {
        index = this.#sharedFrom(Math.max(index, Atomics.load(words, PHASE)));
        const launch = this.#launches[index];
        if (launch === undefined || !this.#waitForPhase(index)) return;
        this.#share(launch, index);
        index += 1;
      }
    } catch (error) {
      this.#control.fail(index, error);
    }
  }

  #sharedFrom(index: number): number {
    return this.#nextShared[index] ?? this.#launches.length;
  }

  #runAlone({ run, tiles, parameters, words }: PreparedLaunch, index: number): void {
    const start = this.#timeline === undefined ? 0 : now();
    if (words.length > 0) this.#workspace.set(words);
    for (let tile = 0; tile < tiles; tile++) {
      parameters[0] = tile;
      Reflect.apply(run, undefined, parameters);
    }
    this.#timeline?.note(this.#thread, index, start, now());
  }

  #share({ run, tiles, parameters, words }: PreparedLaunch, index: number): void {
    const control = this.#control.words;
    const [taken, done] = [this.#control.taken(index), this.#control.done(index)];
    let tile = Atomics.add(control, taken, 1);
    if (tile >= tiles) return;
    const start = this.#timeline === undefined ? 0 : now();
    if (words.length > 0) this.#workspace.set(words);
    let finished = 0;
    for (; tile < tiles; tile = Atomics.add(control, taken, 1)) {
      parameters[0] = tile;
      Reflect.apply(run, undefined, parameters);
      finished = Atomics.add(control, done, 1) + 1;
    }
    this.#timeline?.note(this.#thread, index, start, now());
    if (finished === tiles) {
      Atomics.compareExchange(control, PHASE, index, index + 1);
      this.#control.wakeSleepers();
    }
  }

  #fillInAddresses(): void {
    const { words } = this.#control;
    const version = words[ADDRESS_VERSION] ?? 0;
    if (version === this.#addressVersion) return;
    this.#addressVersion = version;
    for (const { parameters, addresses } of this.#launches) {
      for (const { position, slot, byteOffset } of addresses) {
        parameters[position + 1] = ((words[this.#control.address(slot)] ?? 0) + byteOffset) | 0;
      }
    }
  }

  /** Waits until launch `target` may run. False where the run was aborted. */
  #waitForPhase(target: number): boolean {
    const { words } = this.#control;
    const progress = this.#control.done(Math.max(0, target - 1));
    return waitForAtLeast(target, { words, index: PHASE, sleepers: SLEEPERS, progress }) !== ABORTED;
  }
}
