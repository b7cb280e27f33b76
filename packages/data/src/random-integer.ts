// Integers from random bits.

/** Maps 32 random bits to 0 ... limit - 1; the bias is below limit / 2^32. */
export function integerBelow(limit: number, bits: number): number {
  return Math.floor((bits / 2 ** 32) * limit);
}
