// The one memory of a device that all its threads share, and the slots in it.
import { BackendError, type DeviceLimits, MemoryError, type MemoryUse, type SlotReservation } from "@tandem/core";
import { type SharedMemory, webAssembly } from "../webassembly.ts";
import { AddressSpace, alignedSize, type Block, endOf } from "./address-space.ts";
import { fixedBytesFor, MAXIMUM_PAGES, PAGE_BYTES } from "./layout.ts";

export class DeviceMemory {
  readonly limits: Required<DeviceLimits>;
  readonly shared: SharedMemory;
  readonly #deviceName: string;
  readonly #addresses: AddressSpace;
  readonly #slots = new Map<number, Block>();
  #allocatedBytes = 0;
  #peakBytes = 0;

  /** `memoryBytes`: bytes of tensors it may hold; by default, and at most, what addresses of 32 bits reach. */
  constructor(deviceName: string, threads: number, memoryBytes: number = Number.POSITIVE_INFINITY) {
    const fixedBytes = fixedBytesFor(threads);
    const end = MAXIMUM_PAGES * PAGE_BYTES;
    this.limits = { memoryBytes: Math.min(memoryBytes, end - fixedBytes), fixedBytes, pageBytes: PAGE_BYTES };
    this.shared = sharedMemory(deviceName, Math.ceil(fixedBytes / PAGE_BYTES));
    this.#deviceName = deviceName;
    this.#addresses = new AddressSpace(fixedBytes, end);
  }

  get use(): MemoryUse {
    return { allocatedBytes: this.#allocatedBytes, peakBytes: this.#peakBytes };
  }

  /** All or nothing. */
  reserve(reservations: readonly SlotReservation[]): void {
    const needed = reservations.reduce((sum, { bytes }) => sum + alignedSize(bytes), this.#allocatedBytes);
    if (needed > this.limits.memoryBytes) {
      throw new MemoryError(this.#deviceName, needed, this.limits.memoryBytes, {
        hint: "use a smaller batch, or spread the model over more devices",
      });
    }
    const blocks: Block[] = [];
    try {
      for (const { bytes } of reservations) blocks.push(this.#allocate(bytes, needed));
    } catch (error) {
      for (const block of blocks) this.#addresses.free(block);
      throw error;
    }
    for (const [index, block] of blocks.entries()) this.#slots.set(reservations[index]?.id ?? -1, block);
    this.#allocatedBytes = needed;
    this.#peakBytes = Math.max(this.#peakBytes, needed);
  }

  release(slots: readonly number[]): void {
    for (const slot of slots) {
      const block = this.#slots.get(slot);
      if (block === undefined) continue;
      this.#addresses.free(block);
      this.#allocatedBytes -= block.bytes;
      this.#slots.delete(slot);
    }
  }

  releaseAll(): void {
    this.release([...this.#slots.keys()]);
  }

  write(slot: number, data: ArrayBufferView): void {
    const target = new Uint8Array(this.shared.buffer, this.addressOf(slot, data.byteLength), data.byteLength);
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  read(slot: number, bytes: number): ArrayBuffer {
    const copy = new Uint8Array(bytes);
    copy.set(new Uint8Array(this.shared.buffer, this.addressOf(slot, bytes), bytes));
    return copy.buffer;
  }

  /** Where a slot is, of which `bytes` are going to be used. */
  addressOf(slot: number, bytes: number): number {
    const block = this.#slots.get(slot);
    if (block !== undefined && block.bytes >= bytes) return block.address;
    if (block === undefined) {
      throw new BackendError(`${this.#deviceName} has nothing in slot ${slot}`, {
        hint: "it was released, or never reserved",
      });
    }
    throw new BackendError(
      `${this.#deviceName} has ${block.bytes} bytes reserved for slot ${slot}, found ${bytes} to store`,
    );
  }

  #allocate(bytes: number, needed: number): Block {
    const block = this.#addresses.allocate(bytes);
    if (block === undefined) {
      throw new MemoryError(this.#deviceName, needed, this.limits.memoryBytes, {
        hint: "its memory is too fragmented: open the devices again, or use a smaller batch",
      });
    }
    const missing = endOf(block) - this.shared.buffer.byteLength;
    if (missing <= 0) return block;
    try {
      this.shared.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      this.#addresses.free(block);
      throw new MemoryError(this.#deviceName, needed, this.shared.buffer.byteLength - this.limits.fixedBytes, {
        hint: "this machine gives no more: use a smaller batch, or end other programs",
        cause,
      });
    }
    return block;
  }
}

/** Reserves addresses for all that the memory may become; pages are taken from the machine when they are first written. */
function sharedMemory(deviceName: string, initial: number): SharedMemory {
  try {
    return new webAssembly.Memory({ initial, maximum: MAXIMUM_PAGES, shared: true });
  } catch (cause) {
    throw new BackendError(`${deviceName} cannot reserve 4 GiB of addresses`, {
      hint: "open fewer devices, or lift the limit on the process's address space (ulimit -v)",
      cause,
    });
  }
}
