// The bind groups of a segment's dispatches, made once for each set of slots that it is run on.
import { BackendError } from "@tandem/core";
import type { SlotMemory } from "../device/slot-memory.ts";
import type { PreparedDispatch } from "./prepare-dispatches.ts";
import { nameOfStep } from "./step-name.ts";

/** Sets of slots that are remembered: programs run on one, or take turns between a few. */
const MOST_KEPT = 8;

export class BoundSegment {
  readonly #deviceName: string;
  readonly #device: GPUDevice;
  readonly #memory: SlotMemory;
  readonly #dispatches: readonly PreparedDispatch[];
  /** Of the program. */
  readonly #slots: readonly number[];
  readonly #groups = new Map<string, readonly GPUBindGroup[]>();
  #generation = -1;

  constructor(deviceName: string, device: GPUDevice, memory: SlotMemory, dispatches: readonly PreparedDispatch[]) {
    this.#deviceName = deviceName;
    this.#device = device;
    this.#memory = memory;
    this.#dispatches = dispatches;
    this.#slots = [...new Set(dispatches.flatMap(({ bindings }) => bindings.map(({ slot }) => slot)))];
  }

  /** The storage group of each dispatch. Throws BackendError naming the step whose slot is missing or too small. */
  groupsFor(bindings: readonly number[]): readonly GPUBindGroup[] {
    if (this.#generation !== this.#memory.generation) {
      this.#groups.clear();
      this.#generation = this.#memory.generation;
    }
    const key = this.#slots.map((slot) => bindings[slot]).join();
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const groups = this.#dispatches.map((dispatch) => this.#bind(dispatch, bindings));
    const [oldest] = this.#groups.keys();
    if (this.#groups.size >= MOST_KEPT && oldest !== undefined) this.#groups.delete(oldest);
    this.#groups.set(key, groups);
    return groups;
  }

  #bind({ step, bindings, shader }: PreparedDispatch, slots: readonly number[]): GPUBindGroup {
    const entries = bindings.map(({ slot, offset, bytes: size }, binding): GPUBindGroupEntry => {
      try {
        return { binding, resource: { buffer: this.#memory.bufferOf(slots[slot] ?? -1, offset + size), offset, size } };
      } catch (cause) {
        throw new BackendError(`${this.#deviceName}: ${nameOfStep(step)} failed`, { cause });
      }
    });
    return this.#device.createBindGroup({ label: nameOfStep(step), layout: shader.storageLayout, entries });
  }
}
