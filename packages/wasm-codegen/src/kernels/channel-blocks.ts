// Code that goes along rows of channels four at a time and has the neighbouring channels at hand in registers: what a window over
// the channels is made of. Channels beyond either end read as zeros.
import { operand } from "@tandem/core";
import { type Code, get, type Local, set } from "../encoding/code.ts";
import { f32, f32x4, v128 } from "../encoding/instructions.ts";
import type { Locals } from "../encoding/module.ts";
import { all, walkRange } from "../loops/walk.ts";

const LANES = 4;
const BLOCK_BYTES = 16;
const zeros: Code = v128.const([0, 0, 0, 0]);

/** How far a window reaches to lower channels, and to higher ones. */
export interface Reach {
  readonly before: number;
  readonly after: number;
}

/** Blocks of four channels on either side that a window of this reach touches. */
export function blocksOnEitherSide({ before, after }: Reach): number {
  return Math.ceil(Math.max(before, after) / LANES);
}

/** The values of a block and of as many blocks on either side of it, in registers. */
export class BlockWindow {
  readonly #registers: readonly Local[];
  readonly #middle: number;

  constructor(locals: Locals, onEitherSide: number) {
    this.#registers = Array.from({ length: 2 * onEitherSide + 1 }, () => locals.variable("v128"));
    this.#middle = onEitherSide;
  }

  reset(): readonly Code[] {
    return this.#registers.map((register) => set(register, zeros));
  }

  /** Moves on by one block; `last` becomes the one furthest ahead. */
  advance(last: Code): readonly Code[] {
    return this.#registers.map((register, index) => {
      const next = this.#registers[index + 1];
      return set(register, next === undefined ? last : get(next));
    });
  }

  /** The block `distance` blocks ahead. */
  block(distance: number): Code {
    return get(operand(this.#registers, this.#middle + distance));
  }

  /** For each channel of the middle block, the one `distance` channels ahead. */
  #neighbour(distance: number): Code {
    const block = Math.floor(distance / LANES);
    const first = distance - block * LANES;
    if (first === 0) return this.block(block);
    const lanes = [first, first + 1, first + 2, first + 3] as const;
    return v128.shuffle(this.block(block), this.block(block + 1), lanes);
  }

  /** For each channel of the middle block, the sum over its window. */
  sum({ before, after }: Reach): Code {
    const distances = Array.from({ length: before + after + 1 }, (_, index) => index - before);
    const [first = zeros, ...others] = distances.map((distance) => this.#neighbour(distance));
    return others.reduce((sum, neighbour) => f32x4.add(sum, neighbour), first);
  }
}

/** Where a block of a row lies: this many blocks ahead of what the pointers point to. */
export class BlockAccess {
  readonly #pointers: readonly Local[];
  readonly #ahead: number;
  /** Channels of the block that the row has: 0 to 4. */
  readonly #channels: number;

  constructor(pointers: readonly Local[], ahead: number, channels: number) {
    this.#pointers = pointers;
    this.#ahead = ahead;
    this.#channels = channels;
  }

  get exists(): boolean {
    return this.#channels > 0;
  }

  load(array: number): Code {
    const address = get(operand(this.#pointers, array));
    const offset = this.#ahead * BLOCK_BYTES;
    if (this.#channels === LANES) return v128.load(address, offset);
    return Array.from({ length: this.#channels }).reduce<Code>(
      (block, _, lane) => f32x4.replace_lane(block, lane, f32.load(address, offset + 4 * lane)),
      zeros,
    );
  }

  /** `value` may be evaluated several times. */
  store(array: number, value: Code): readonly Code[] {
    const address = get(operand(this.#pointers, array));
    const offset = this.#ahead * BLOCK_BYTES;
    if (this.#channels === LANES) return [v128.store(address, value, offset)];
    return Array.from({ length: this.#channels }, (_, lane) =>
      f32.store(address, f32x4.extract_lane(value, lane), offset + 4 * lane),
    );
  }

  /** Zeros in the lanes that the row does not have. */
  masked(value: Code): Code {
    if (this.#channels === LANES) return value;
    return v128.and(value, v128.const(Array.from({ length: LANES }, (_, lane) => (lane < this.#channels ? -1 : 0))));
  }
}

/** Channels that a row has of a block, which may lie beyond either end. */
function channelsOf(block: number, channels: number): number {
  return block < 0 ? 0 : Math.min(LANES, Math.max(0, channels - block * LANES));
}

/** How to reach a block of the row that the pointers point to. */
export function blockOfRow(pointers: readonly Local[], channels: number, block: number): BlockAccess {
  return new BlockAccess(pointers, block, channelsOf(block, channels));
}

/**
 * Runs `step` for all blocks of a row, in order, and for as many beyond its end as `behind`. It sees how to reach the block that is
 * `distance` blocks ahead, from -behind to `ahead`.
 */
export function alongBlocks(
  locals: Locals,
  channels: number,
  { behind, ahead }: { readonly behind: number; readonly ahead: number },
  pointers: readonly Local[],
  step: (at: (distance: number) => BlockAccess) => readonly Code[],
): readonly Code[] {
  const count = Math.ceil(channels / LANES) + behind;
  const single = (block: number): readonly Code[] =>
    step((distance) => blockOfRow(pointers, channels, block + distance));
  const singles = (start: number, end: number): readonly Code[] =>
    Array.from({ length: end - start }, (_, index) => single(start + index)).flat();
  // From the block `behind` up to here, all blocks in reach are whole.
  const end = Math.floor(channels / LANES) - ahead;
  if (end <= behind) return singles(0, count);
  return [
    ...singles(0, behind),
    ...walkRange(locals, { strides: pointers.map(() => LANES) }, all(end - behind), pointers, (here) =>
      step((distance) => new BlockAccess(here, distance + behind, LANES)),
    ),
    ...singles(end, count),
  ];
}
