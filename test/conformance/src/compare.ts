// How far a result is from the truth.
import { type HostTensor, isFloat, sameShape } from "@tandem/core";

/** Below it, WebGPU devices may take an f32 for 0. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * Largest difference of an element as a fraction of the largest finite magnitude in `expected`; 0 is equality.
 * Infinite where the shapes, the kinds of type, or the places of NaN and infinity differ, or where integers do.
 */
export function difference(found: HostTensor, expected: HostTensor): number {
  if (!sameShape(found.shape, expected.shape) || isFloat(found.dtype) !== isFloat(expected.dtype))
    return Number.POSITIVE_INFINITY;
  const isExact = !isFloat(expected.dtype);
  let scale = 0;
  let largest = 0;
  for (const [index, want] of expected.data.entries()) {
    const have = found.data[index] ?? Number.NaN;
    if (Object.is(have, want) || have === want) {
      if (Number.isFinite(want)) scale = Math.max(scale, Math.abs(want));
      continue;
    }
    if (isExact || !Number.isFinite(want) || !Number.isFinite(have)) return Number.POSITIVE_INFINITY;
    scale = Math.max(scale, Math.abs(want));
    if (Math.abs(want) < SMALLEST_NORMAL && Math.abs(have) < SMALLEST_NORMAL) continue;
    largest = Math.max(largest, Math.abs(have - want));
  }
  return scale === 0 ? largest : largest / scale;
}
