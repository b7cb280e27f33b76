// State: tensors that stay on their devices between runs. Donation moves it; using it afterwards is an error.
import type { Device } from "./backend.ts";
import { hostArray } from "./dtype.ts";
import { DonationError } from "./errors.ts";
import { type HostTensor, isHostTensor } from "./host-tensor.ts";
import { elementCount } from "./shape.ts";
import { type MapTree, mapTree } from "./tree.ts";
import { byteLength, type TensorType } from "./type.ts";

export interface StateEntry {
  /** Position of the device in its group. */
  readonly device: number;
  readonly slot: number;
  readonly type: TensorType;
}

/** Device memory that a state owns and hands on when it is donated. */
export interface StateLease {
  readonly devices: readonly Device[];
  readonly entries: ReadonlyMap<string, StateEntry>;
}

/** Gives the memory of forgotten state back, so that nobody has to dispose of it. */
const forgotten = new FinalizationRegistry<StateLease>(({ devices, entries }) => {
  for (const [index, device] of devices.entries()) {
    const slots = [...entries.values()].flatMap((entry) => (entry.device === index ? [entry.slot] : []));
    device.release(slots).catch(() => undefined);
  }
});

export class State<T = unknown> {
  readonly #lease: StateLease;
  readonly #names: MapTree<T, HostTensor, string>;
  #donatedTo: string | undefined;

  constructor(lease: StateLease, names: MapTree<T, HostTensor, string>) {
    this.#lease = lease;
    this.#names = names;
    forgotten.register(this, lease, this);
  }

  /** The tensors by dotted name. */
  get entries(): ReadonlyMap<string, StateEntry> {
    this.#requireOwned();
    return this.#lease.entries;
  }

  /** Copies everything to the host, after the runs submitted so far. */
  async read(): Promise<T> {
    const { devices } = this.#lease;
    const pending = [...this.entries].map(async ([name, { device, slot, type }]) => {
      const bytes = (await devices[device]?.read(slot, byteLength(type))) ?? new ArrayBuffer(0);
      const { dtype, shape } = type;
      return [name, { dtype, shape, data: hostArray(dtype, elementCount(shape), bytes) }] as const;
    });
    const tensors = new Map<string, HostTensor>(await Promise.all(pending));
    return mapTree(this.#names, isName, (name) => tensors.get(name)) as T;
  }

  /** Consumes this state; its successor owns the memory from now on. */
  donate(receiver: string): State<T> {
    this.#requireOwned();
    this.#donatedTo = receiver;
    forgotten.unregister(this);
    return new State<T>(this.#lease, this.#names);
  }

  #requireOwned(): void {
    if (this.#donatedTo !== undefined) {
      throw new DonationError(`this state was donated to ${this.#donatedTo} and no longer exists`, {
        hint: "use the state that the run returned",
      });
    }
  }
}

function isName(candidate: unknown): candidate is string {
  return typeof candidate === "string";
}

/** The nesting of a tree of host tensors, with each leaf's dotted name. */
export function namesOf<T>(tree: T): MapTree<T, HostTensor, string> {
  return mapTree(tree, isHostTensor, (_, name) => name);
}
