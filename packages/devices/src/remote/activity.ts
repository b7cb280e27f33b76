// How many devices of a group compute at the same time, counted in memory that their threads share.

const [RUNNING, MOST] = [0, 1];

export function activityCounters(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

export function beginActivity(counters: Int32Array): void {
  const running = Atomics.add(counters, RUNNING, 1) + 1;
  let most = Atomics.load(counters, MOST);
  while (running > most) {
    const found = Atomics.compareExchange(counters, MOST, most, running);
    if (found === most) break;
    most = found;
  }
}

export function endActivity(counters: Int32Array): void {
  Atomics.sub(counters, RUNNING, 1);
}

/** The most devices that ever computed at once. */
export function mostAtOnce(counters: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(counters), MOST);
}
