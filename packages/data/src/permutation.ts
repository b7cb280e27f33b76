// Random orders from the counter-based generator.
import { bitsAt, type RandomKey } from "@tandem/core";
import { integerBelow } from "./random-integer.ts";

/** A uniformly random order of 0 ... length - 1 (Fisher-Yates; `key` is the only source of chance). */
export function permutation(length: number, key: RandomKey): Int32Array<SharedArrayBuffer> {
  const order = new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
  for (let index = 0; index < length; index++) order[index] = index;
  for (let last = length - 1; last > 0; last--) {
    const chosen = integerBelow(last + 1, bitsAt(key, last, 0));
    const moved = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = moved;
  }
  return order;
}
