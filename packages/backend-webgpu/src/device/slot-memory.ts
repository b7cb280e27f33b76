// A device's slots: each is a buffer of its own, since one buffer cannot be bound for reading and for writing in one dispatch.
import { BackendError, MemoryError, type MemoryUse, type SlotReservation } from "@tandem/core";
import { SLOT_ALIGNMENT } from "../shader/storage.ts";
import { bufferUsage } from "./gpu-flags.ts";
import { uploadTo } from "./upload.ts";

export interface MemoryLimits {
  /** Bytes of all slots together. */
  readonly memoryBytes: number;
  /** Bytes of one. */
  readonly bufferBytes: number;
}

interface SlotBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

const USAGE = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;
/** Written bytes after which an empty submission lets the implementation free its copies. */
const FLUSH_BYTES = 64 * 2 ** 20;

export class SlotMemory {
  readonly #name: string;
  readonly #device: GPUDevice;
  readonly #limits: MemoryLimits;
  readonly #slots = new Map<number, SlotBuffer>();
  #allocatedBytes = 0;
  #peakBytes = 0;
  #releases = 0;
  #unflushedBytes = 0;

  constructor(name: string, device: GPUDevice, limits: MemoryLimits) {
    this.#name = name;
    this.#device = device;
    this.#limits = limits;
  }

  get use(): MemoryUse {
    return { allocatedBytes: this.#allocatedBytes, peakBytes: this.#peakBytes };
  }

  /** Changes when slots are released: buffers found before may be gone. */
  get generation(): number {
    return this.#releases;
  }

  /** All or nothing: rejects with MemoryError before a buffer is made where the limits say so, and where the device refuses one. */
  async reserve(reservations: readonly SlotReservation[]): Promise<void> {
    const sizes = reservations.map(({ id, bytes }) => ({ id, bytes: alignedSize(bytes) }));
    this.#requireRoom(sizes);
    const neededBytes = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#allocatedBytes += neededBytes;
    try {
      // Buffers that were destroyed come back when the work submitted before has ended.
      const made = (await this.#allocate(sizes)) ?? (await this.#allocateWhenIdle(sizes));
      for (const { id, slot } of made) this.#slots.set(id, slot);
      this.#peakBytes = Math.max(this.#peakBytes, this.#allocatedBytes);
    } catch (error) {
      this.#allocatedBytes -= neededBytes;
      throw error;
    }
  }

  release(ids: readonly number[]): void {
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot === undefined) continue;
      slot.buffer.destroy();
      this.#slots.delete(id);
      this.#allocatedBytes -= slot.bytes;
    }
    this.#releases += 1;
    this.#device.queue.submit([]);
  }

  releaseAll(): void {
    this.release([...this.#slots.keys()]);
  }

  write(id: number, data: ArrayBufferView): void {
    uploadTo(this.#device.queue, this.bufferOf(id, data.byteLength), data);
    this.#unflushedBytes += data.byteLength;
    if (this.#unflushedBytes < FLUSH_BYTES) return;
    this.#device.queue.submit([]);
    this.#unflushedBytes = 0;
  }

  /** The buffer of a slot, of which `bytes` are going to be used. */
  bufferOf(id: number, bytes: number): GPUBuffer {
    const slot = this.#slots.get(id);
    if (slot === undefined) {
      throw new BackendError(`${this.#name} has nothing in slot ${id}`, {
        hint: "it was released, or never reserved",
      });
    }
    if (slot.bytes >= bytes) return slot.buffer;
    throw new BackendError(`${this.#name} has ${slot.bytes} bytes reserved for slot ${id}, found ${bytes} to store`);
  }

  #requireRoom(sizes: readonly SlotReservation[]): void {
    const largest = sizes.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    if (largest > this.#limits.bufferBytes) {
      throw new MemoryError(this.#name, largest, this.#limits.bufferBytes, {
        hint: "that is one tensor, and the most that the adapter has in one buffer: use a smaller batch, or split the tensor",
      });
    }
    const needed = sizes.reduce((sum, { bytes }) => sum + bytes, this.#allocatedBytes);
    if (needed > this.#limits.memoryBytes) throw this.#full(needed, this.#limits.memoryBytes);
  }

  async #allocateWhenIdle(sizes: readonly SlotReservation[]): Promise<readonly AllocatedSlot[]> {
    this.#device.queue.submit([]);
    await this.#device.queue.onSubmittedWorkDone();
    const held = this.#allocatedBytes - sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    const made = await this.#allocate(sizes, (grantedBytes) => {
      throw this.#full(this.#allocatedBytes, held + grantedBytes);
    });
    return made ?? [];
  }

  /** `undefined` where the device refused one of them; then none of them is left, and `onRefusal` is told what it did grant. */
  async #allocate(
    sizes: readonly SlotReservation[],
    onRefusal?: (grantedBytes: number) => never,
  ): Promise<readonly AllocatedSlot[] | undefined> {
    const attempts = sizes.map(({ id, bytes }) => {
      this.#device.pushErrorScope("out-of-memory");
      const buffer = this.#device.createBuffer({ label: `slot ${id}`, size: bytes, usage: USAGE });
      return { id, slot: { buffer, bytes }, error: this.#device.popErrorScope() };
    });
    const errors = await Promise.all(attempts.map(({ error }) => error));
    if (errors.every((error) => error === null)) return attempts;
    for (const { slot } of attempts) slot.buffer.destroy();
    this.#device.queue.submit([]);
    onRefusal?.(attempts.reduce((sum, { slot }, index) => sum + (errors[index] === null ? slot.bytes : 0), 0));
    return undefined;
  }

  #full(needed: number, available: number): MemoryError {
    return new MemoryError(this.#name, needed, available, {
      hint: "use a smaller batch, or spread the model over more devices",
    });
  }
}

interface AllocatedSlot {
  readonly id: number;
  readonly slot: SlotBuffer;
}

function alignedSize(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / SLOT_ALIGNMENT)) * SLOT_ALIGNMENT;
}
