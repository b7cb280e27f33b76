// The measure that results are held to.
import type { HostTensor } from "@tandem/core";

/** What a result may differ from PyTorch's by. */
export const TOLERANCE = 1e-4;

/** Largest difference of two tensors of one shape, as a fraction of the largest magnitude in `expected`. */
export function difference(found: HostTensor, expected: HostTensor): number {
  if (`${found.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY;
  let [scale, largest] = [0, 0];
  for (const [index, element] of expected.data.entries()) {
    scale = Math.max(scale, Math.abs(element));
    largest = Math.max(largest, Math.abs(element - (found.data[index] ?? Number.NaN)));
  }
  return scale === 0 ? largest : largest / scale;
}
