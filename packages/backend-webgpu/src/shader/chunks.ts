// Cuts work along the axis that all operands of a kernel share (pictures, rows), where they need more bindings than a kernel has.
import { type ArrayType, byteLength } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { bindingCount } from "./storage.ts";

/** Items `first` to `first + count - 1` out of `of`. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly of: number;
}

/**
 * The fewest equal chunks of `items` that a kernel with operands of these types, each made of that many items of one size, can bind;
 * chunks begin where the adapter can begin a binding. Empty where even the smallest is too large, or there is nothing to do.
 */
export function chunksOf(items: number, types: readonly ArrayType[], capabilities: Capabilities): readonly Chunk[] {
  const { storageBindings, offsetAlignment } = capabilities.limits;
  const itemBytes = types.map((type) => byteLength(type) / items);
  const quantum = Math.max(1, ...itemBytes.map((bytes) => offsetAlignment / commonDivisor(offsetAlignment, bytes)));
  const fits = (count: number): boolean =>
    bindingCount(
      itemBytes.map((bytes) => bytes * count),
      capabilities,
    ) <= storageBindings;
  for (let parts = 1, size = items; size >= 1; parts++) {
    if (fits(size)) return cut(items, size);
    const next = Math.ceil(items / (parts + 1) / quantum) * quantum;
    if (next === size && size === quantum) return [];
    size = next;
  }
  return [];
}

function cut(items: number, size: number): readonly Chunk[] {
  return Array.from({ length: Math.ceil(items / size) }, (_, index) => ({
    first: index * size,
    count: Math.min(size, items - index * size),
    of: items,
  }));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
