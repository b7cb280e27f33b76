// Cuts elementwise work into ranges of elements, in each of which an operand that is read or written in order takes one binding.
import type { Capabilities } from "../capabilities.ts";

export interface ElementRange {
  readonly first: number;
  readonly count: number;
}

/** Ranges start where elements of 2 and of 4 bytes can be bound, and vectors of four start. */
export function elementRanges(count: number, { limits }: Capabilities): readonly ElementRange[] {
  const quantum = Math.max(4, limits.offsetAlignment / 2);
  const largest = Math.max(quantum, Math.floor(limits.bindingBytes / 4 / quantum) * quantum);
  return Array.from({ length: Math.ceil(count / largest) }, (_, index) => ({
    first: index * largest,
    count: Math.min(largest, count - index * largest),
  }));
}
