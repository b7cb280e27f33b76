// How the work over a nest of loops is cut into tiles, by its shape alone, and code that finds a tile's part of it.
import { operand } from "@tandem/core";
import { type Code, type Count, get, type Local, set } from "../encoding/code.ts";
import { i32, select } from "../encoding/instructions.ts";
import type { Locals } from "../encoding/module.ts";
import type { LoopAxis } from "./loop-nest.ts";
import { strideAt } from "./walk.ts";

/** Elements of a cache line: parts of a contiguous axis are multiples of it, so that no two tiles write to the same one. */
export const LINE = 16;

/**
 * Positions that a tile takes along each axis, so that it has about `positions` of them in all: the inner axes whole, a part of one,
 * single positions of the outer ones. Parts of the innermost one are multiples of `granule`.
 */
export function chunksOf(extents: readonly number[], positions: number, granule = 1): readonly number[] {
  const chunks: number[] = [];
  let room = Math.max(1, positions);
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = operand(extents, axis);
    const most = Math.max(1, Math.min(extent, Math.floor(room)));
    const even = Math.ceil(extent / Math.max(1, Math.ceil(extent / most)));
    const isPart = axis === extents.length - 1 && even < extent;
    const chunk = isPart ? Math.min(extent, Math.ceil(even / granule) * granule) : even;
    chunks.unshift(Math.max(1, chunk));
    room = chunk < extent ? 1 : room / Math.max(1, extent);
  }
  return chunks;
}

function tilesAlong(extents: readonly number[], chunks: readonly number[]): readonly number[] {
  return extents.map((extent, axis) => Math.ceil(extent / operand(chunks, axis)));
}

export function tileCount(extents: readonly number[], chunks: readonly number[]): number {
  return tilesAlong(extents, chunks).reduce((product, count) => product * count, 1);
}

/** A tile's part of a nest. */
export interface Tile {
  /** To be run before anything else here is used. */
  readonly statements: readonly Code[];
  /** Addresses of the first element of the tile in each array. */
  readonly pointers: readonly Local[];
  /** The tile's first position along each axis, and how many it has; none has less than one. */
  readonly starts: readonly Count[];
  readonly counts: readonly Count[];
}

/** `pointers` address the first elements of the arrays; `tile` is the tile's number. */
export function tileOf(
  locals: Locals,
  axes: readonly LoopAxis[],
  chunks: readonly number[],
  pointers: readonly Local[],
  tile: Local = locals.tile,
): Tile {
  const extents = axes.map(({ extent }) => extent);
  const along = tilesAlong(extents, chunks);
  const statements: Code[] = [];
  const starts: Count[] = axes.map(() => 0);
  const counts: Count[] = [...extents];
  const rest = locals.variable("i32");
  const keep = (value: Code): Local => {
    const local = locals.variable("i32");
    statements.push(set(local, value));
    return local;
  };
  const split = [...axes.keys()].filter((axis) => operand(along, axis) > 1);
  for (const axis of split.toReversed()) {
    const [tiles, chunk, extent] = [operand(along, axis), operand(chunks, axis), operand(extents, axis)];
    const left = axis === split.at(-1) ? tile : rest;
    const isOutermost = axis === split[0];
    const index = isOutermost ? get(left) : i32.rem_u(get(left), i32.const(tiles));
    const start = keep(i32.mul(index, i32.const(chunk)));
    if (!isOutermost) statements.push(set(rest, i32.div_u(get(left), i32.const(tiles))));
    starts[axis] = start;
    counts[axis] = extent % chunk === 0 ? chunk : keep(atMost(i32.sub(i32.const(extent), get(start)), chunk));
  }
  const moved = pointers.map((pointer, array) => {
    const steps = split.filter((axis) => operand(operand(axes, axis).strides, array) !== 0);
    return steps.reduce(
      (from, axis) => keep(strideAt(from, operand(starts, axis), operand(operand(axes, axis).strides, array))),
      pointer,
    );
  });
  return { statements, pointers: moved, starts, counts };
}

/** The smaller of a number (evaluated twice) and a constant. */
function atMost(value: Code, most: number): Code {
  return select(i32.lt_u(value, i32.const(most)), value, i32.const(most));
}

/** The whole multiples of `width` in a count, and code that finds them. */
export function wholeSteps(
  locals: Locals,
  count: Count,
  width: number,
): { readonly statements: readonly Code[]; readonly whole: Count } {
  if (typeof count === "number") return { statements: [], whole: count - (count % width) };
  const whole = locals.variable("i32");
  return { statements: [set(whole, i32.and(get(count), i32.const(-width)))], whole };
}
