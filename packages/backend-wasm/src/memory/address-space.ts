// Which addresses of a memory are free. Nothing is stored in the memory itself.
import { SLOT_ALIGNMENT } from "./layout.ts";

export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** Blocks are multiples of the slots' alignment. A hole that fits is taken, the tightest one, before anything beyond the last block. */
export class AddressSpace {
  readonly #limit: number;
  /** In order of address; no two of them touch. */
  #holes: readonly Block[];

  /** `start` and `limit` are multiples of the alignment. */
  constructor(start: number, limit: number) {
    this.#limit = limit;
    this.#holes = [{ address: start, bytes: limit - start }];
  }

  /** `undefined` where no hole is large enough. */
  allocate(bytes: number): Block | undefined {
    const size = alignedSize(bytes);
    const hole = this.#holes
      .filter((candidate) => candidate.bytes >= size)
      .reduce<Block | undefined>((best, candidate) => (this.#isBetter(candidate, best) ? candidate : best), undefined);
    if (hole === undefined) return undefined;
    const rest = { address: hole.address + size, bytes: hole.bytes - size };
    this.#holes = this.#holes.flatMap((candidate) => (candidate !== hole ? [candidate] : rest.bytes > 0 ? [rest] : []));
    return { address: hole.address, bytes: size };
  }

  free({ address, bytes }: Block): void {
    if (bytes === 0) return;
    const before = this.#holes.filter((hole) => hole.address < address);
    const after = this.#holes.slice(before.length);
    const left = before.at(-1);
    const right = after[0];
    const joinsLeft = left !== undefined && endOf(left) === address;
    const joinsRight = right !== undefined && address + bytes === right.address;
    const start = joinsLeft ? left.address : address;
    const end = joinsRight ? endOf(right) : address + bytes;
    this.#holes = [
      ...(joinsLeft ? before.slice(0, -1) : before),
      { address: start, bytes: end - start },
      ...(joinsRight ? after.slice(1) : after),
    ];
  }

  #isBetter(candidate: Block, best: Block | undefined): boolean {
    if (best === undefined) return true;
    const isLast = endOf(candidate) === this.#limit;
    return !isLast && candidate.bytes < best.bytes;
  }
}

export function alignedSize(bytes: number): number {
  return Math.ceil(bytes / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
}

export function endOf({ address, bytes }: Block): number {
  return address + bytes;
}
