// When each thread began and ended its part of each launch of the segment that ran last, in milliseconds since 1970.
const NUMBERS = 2;

export class Timeline {
  readonly #times: Float64Array;
  readonly #launches: number;

  constructor(memory: ArrayBufferLike, launches: number) {
    this.#times = new Float64Array(memory);
    this.#launches = launches;
  }

  static bytesFor(threads: number, launches: number): number {
    return threads * launches * NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  }

  clear(): void {
    this.#times.fill(0);
  }

  note(thread: number, launch: number, start: number, end: number): void {
    const index = this.#index(thread, launch);
    this.#times[index] = start;
    this.#times[index + 1] = end;
  }

  /** `undefined` where the thread had no part in it. */
  read(thread: number, launch: number): { readonly start: number; readonly end: number } | undefined {
    const index = this.#index(thread, launch);
    const [start = 0, end = 0] = this.#times.subarray(index, index + NUMBERS);
    return start === 0 ? undefined : { start, end };
  }

  #index(thread: number, launch: number): number {
    return (thread * this.#launches + launch) * NUMBERS;
  }
}

/** The same clock in all threads of a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
