// Several devices and the memory of everything loaded on them. Programs never run at the same time, so they share temporaries.
import type { Device, MemoryUse } from "./backend.ts";
import { UsageError } from "./errors.ts";
import { type HostTensor, isHostTensor } from "./host-tensor.ts";
import { operand } from "./op.ts";
import { deviceIndex } from "./passes/bind-devices.ts";
import type { ProfileListener, TransferWatch } from "./profile.ts";
import type { DeviceProgram } from "./program.ts";
import { namesOf, State, type StateEntry } from "./state.ts";
import { leaves } from "./tree.ts";
import { byteLength, DEFAULT_DEVICE, logicalDevice } from "./type.ts";

interface PooledSlot {
  readonly id: number;
  readonly bytes: number;
}

/** A program's slots on one device: the device's slot for each of the program's, -1 for state that is bound at each run. */
export interface BoundSlots {
  readonly bindings: readonly number[];
  readonly constantSlots: readonly number[];
}

export class DeviceGroup implements AsyncDisposable {
  readonly devices: readonly Device[];
  /** Told of each segment that ran, by devices that were opened to measure. */
  profileListener: ProfileListener | undefined;
  /** Told of each transfer between devices. */
  transferWatch: TransferWatch | undefined;
  readonly #pools: PooledSlot[][];
  #nextSlot = 0;
  #loadedPrograms = 0;
  #issuing: Promise<unknown> = Promise.resolve();
  #isIssuing = false;

  constructor(devices: readonly Device[]) {
    if (devices.length === 0) throw new UsageError("a device group needs at least one device");
    this.devices = devices;
    this.#pools = devices.map(() => []);
  }

  /** The device of this group that a logical device is bound to. */
  indexOf(logical: string): number {
    return deviceIndex(logical) % this.devices.length;
  }

  /** Copies host tensors to devices, where they stay as state. `deviceOf` names the logical device of each leaf. */
  async place<T>(tree: T, deviceOf: (name: string) => string = () => DEFAULT_DEVICE): Promise<State<T>> {
    const entries = new Map<string, StateEntry>();
    const tensors = leaves<HostTensor>(tree, isHostTensor);
    for (const { name, leaf } of tensors) {
      const device = this.indexOf(deviceOf(name));
      const type = { dtype: leaf.dtype, shape: leaf.shape, device: logicalDevice(device) };
      entries.set(name, { device, slot: this.#nextSlot++, type });
    }
    await Promise.all(
      this.devices.map((device, index) =>
        device.reserve(
          [...entries.values()].flatMap((entry) =>
            entry.device === index ? [{ id: entry.slot, bytes: byteLength(entry.type) }] : [],
          ),
        ),
      ),
    );
    for (const { name, leaf } of tensors) {
      const entry = entries.get(name);
      if (entry !== undefined) operand(this.devices, entry.device).write(entry.slot, leaf.data);
    }
    return new State<T>({ devices: this.devices, entries }, namesOf(tree));
  }

  /** Finds memory for a program on one device, adding to the shared temporaries what is missing. */
  async bind(program: DeviceProgram): Promise<BoundSlots> {
    const device = operand(this.devices, program.device);
    const pool = operand(this.#pools, program.device);
    const bindings = new Array<number>(program.slots.length).fill(-1);
    const reserved: PooledSlot[] = [];
    const constantSlots: number[] = [];
    const taken = new Set<number>();
    const bySize = [...program.slots.entries()].sort(([, a], [, b]) => b.bytes - a.bytes);
    for (const [index, { kind, bytes }] of bySize) {
      if (kind === "state") continue;
      const isShared = kind !== "constant";
      const fitting = isShared
        ? tightest(pool.filter((slot) => !taken.has(slot.id) && slot.bytes >= bytes))
        : undefined;
      const slot = fitting ?? { id: this.#nextSlot++, bytes };
      if (fitting === undefined) reserved.push(slot);
      if (isShared) taken.add(slot.id);
      else constantSlots.push(slot.id);
      bindings[index] = slot.id;
    }
    await device.reserve(reserved);
    pool.push(...reserved.filter((slot) => taken.has(slot.id)));
    for (const { slot, data } of program.constants) device.write(operand(bindings, slot), data);
    this.#loadedPrograms += 1;
    return { bindings, constantSlots };
  }

  /** Gives a program's constants back, and the shared temporaries with the last program. */
  async unbind(bound: readonly { readonly device: number; readonly slots: BoundSlots }[]): Promise<void> {
    for (const { device, slots } of bound) await operand(this.devices, device).release(slots.constantSlots);
    this.#loadedPrograms -= bound.length;
    if (this.#loadedPrograms > 0) return;
    for (const [index, pool] of this.#pools.entries()) {
      await operand(this.devices, index).release(pool.map(({ id }) => id));
      pool.length = 0;
    }
  }

  /** Whether a run is still being issued, so that a new one has to wait its turn. */
  get isBusy(): boolean {
    return this.#isIssuing;
  }

  /** Runs `issue` after everything issued before; at once if nothing is being issued. */
  serialize<R>(issue: () => Promise<R>): Promise<R> {
    const start = async (): Promise<R> => {
      this.#isIssuing = true;
      try {
        return await issue();
      } finally {
        if (this.#issuing === turn) this.#isIssuing = false;
      }
    };
    const result: Promise<R> = this.#isIssuing ? this.#issuing.then(start) : start();
    const turn = result.catch(() => undefined);
    this.#issuing = turn;
    return result;
  }

  memoryUse(): Promise<MemoryUse[]> {
    return Promise.all(this.devices.map((device) => device.memoryUse()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.devices.map((device) => device[Symbol.asyncDispose]()));
  }
}

function tightest(slots: readonly PooledSlot[]): PooledSlot | undefined {
  return slots.reduce<PooledSlot | undefined>(
    (best, slot) => (best === undefined || slot.bytes < best.bytes ? slot : best),
    undefined,
  );
}
