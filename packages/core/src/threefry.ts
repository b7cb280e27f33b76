// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), on the host.

/** Rotation distances of the eight-round cycle. */
export const THREEFRY_ROTATIONS: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];
/** Parity constant of the key schedule. */
export const THREEFRY_PARITY = 0x1bd11bda;
export const THREEFRY_ROUNDS = 20;

/** Encrypts the counter under the key; all four words and both results are u32. */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const schedule = [key0, key1, (key0 ^ key1 ^ THREEFRY_PARITY) >>> 0] as const;
  let x0 = (counter0 + key0) >>> 0;
  let x1 = (counter1 + key1) >>> 0;
  for (let round = 0; round < THREEFRY_ROUNDS; round++) {
    const distance = THREEFRY_ROTATIONS[round % 8] ?? 0;
    x0 = (x0 + x1) >>> 0;
    x1 = (((x1 << distance) | (x1 >>> (32 - distance))) ^ x0) >>> 0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + (schedule[injection % 3] ?? 0)) >>> 0;
      x1 = (x1 + (schedule[(injection + 1) % 3] ?? 0) + injection) >>> 0;
    }
  }
  return [x0, x1];
}
