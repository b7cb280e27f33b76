// Blocks of the WebAssembly heap, and how much of it they hold.

/** The allocator that the WebAssembly module brings, and the memory that it hands out. */
export interface HeapMemory {
  /** A WebAssembly.Memory; its buffer is replaced when it grows. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** An address, or 0 if there is no room. */
  malloc(bytes: number): number;
  free(address: number): void;
}

export interface Block {
  /** Of the first byte; a multiple of {@link ALIGNMENT}. */
  readonly address: number;
  readonly bytes: number;
  /** What the allocator knows it by. */
  readonly origin: number;
}

/** A cache line, so that four lanes never straddle two. */
const ALIGNMENT = 64;
/** Kernels may read, and ignore, this many bytes beyond either end of a block. */
const MARGIN = 16;

export class Heap {
  readonly #memory: HeapMemory;
  readonly #outOfMemory: (bytes: number) => Error;
  #allocatedBytes = 0;
  #peakBytes = 0;

  constructor(memory: HeapMemory, outOfMemory: (bytes: number) => Error) {
    this.#memory = memory;
    this.#outOfMemory = outOfMemory;
  }

  /** The heap's bytes; valid until the next allocation. */
  get buffer(): ArrayBuffer {
    return this.#memory.memory.buffer;
  }

  get memory(): object {
    return this.#memory.memory;
  }

  /** Bytes in blocks now, and the most there ever were. */
  get use(): { readonly allocatedBytes: number; readonly peakBytes: number } {
    return { allocatedBytes: this.#allocatedBytes, peakBytes: this.#peakBytes };
  }

  allocate(bytes: number): Block {
    const origin = this.#memory.malloc(bytes + ALIGNMENT + 2 * MARGIN);
    if (origin === 0) throw this.#outOfMemory(this.#allocatedBytes + bytes);
    this.#allocatedBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#allocatedBytes);
    return { address: Math.ceil((origin + MARGIN) / ALIGNMENT) * ALIGNMENT, bytes, origin };
  }

  free({ origin, bytes }: Block): void {
    this.#memory.free(origin);
    this.#allocatedBytes -= bytes;
  }

  /** Runs `use` with workspace for the given numbers of 32-bit elements. */
  withWorkspace<R>(elements: readonly number[], use: (...addresses: number[]) => R): R {
    const blocks: Block[] = [];
    try {
      for (const count of elements) blocks.push(this.allocate(4 * count));
      return use(...blocks.map(({ address }) => address));
    } finally {
      for (const block of blocks) this.free(block);
    }
  }
}
