// Counter-based random numbers on the host: the value depends on (seed, step, path, sample, element) and on nothing else.
import { inverseNormalCdf } from "./normal.ts";
import { threefry } from "./threefry.ts";

/** The key of one random stream; see {@link deriveKey}. */
export type RandomKey = readonly [number, number];

/** 32-bit FNV-1a of a logical scope path: which stream a draw belongs to. */
export function hashPath(path: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < path.length; position++) {
    hash = Math.imul(hash ^ path.charCodeAt(position), 0x01000193);
  }
  return hash >>> 0;
}

/** The key of the stream `path` at a step (or epoch): the same one that random ops inside a graph derive. */
export function deriveKey(seed: number, step: number, path: string): RandomKey {
  return threefry(seed >>> 0, step >>> 0, hashPath(path), 0);
}

/** 32 random bits for one element of one sample. */
export function bitsAt(key: RandomKey, sample: number, element: number): number {
  return threefry(key[0], key[1], sample >>> 0, element >>> 0)[0];
}

/** Uniform in [0, 1) with 24 bits, exact in f32. */
export function uniformAt(key: RandomKey, sample: number, element: number): number {
  return (bitsAt(key, sample, element) >>> 8) * 2 ** -24;
}

/** Standard normal; the same bits on every JavaScript engine, for initial weights and colour noise. */
export function normalAt(key: RandomKey, sample: number, element: number): number {
  return inverseNormalCdf((bitsAt(key, sample, element) + 0.5) * 2 ** -32);
}
