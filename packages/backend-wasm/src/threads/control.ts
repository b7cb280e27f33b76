// The words that threads share about the run of a segment: which launch is being run, which of its tiles are taken and done, and
// whether something failed. Words that several threads write lie on cache lines of their own.

const LINE = 16;

/** Number of the run that helpers may take part in; 0 while there is none. */
export const OPEN_RUN = 0;
/** Index of the launch that is being run; `ABORTED` after a failure. */
export const PHASE: number = LINE;
/** Threads that sleep until `PHASE` or `ABSENCE` changes. */
export const SLEEPERS: number = 2 * LINE;
/** 0 where no helper takes part in a run, else minus their number. */
export const ABSENCE: number = 3 * LINE;
/** Index of the launch that failed, plus 1; 0 as long as none has. */
const FAILED_LAUNCH = 4 * LINE;
const FAILURE_LENGTH = FAILED_LAUNCH + 1;
/** Changes whenever an address does. */
export const ADDRESS_VERSION: number = 5 * LINE;

const FAILURE_TEXT = 6 * LINE;
const FAILURE_BYTES = 1024;
const ADDRESSES = FAILURE_TEXT + FAILURE_BYTES / Int32Array.BYTES_PER_ELEMENT;

export const ABORTED: number = 2 ** 31 - 1;

/** Words for a program of so many slots, whose longest segment has so many launches. */
export class Control {
  readonly words: Int32Array;
  readonly #firstCounter: number;

  constructor(memory: ArrayBufferLike, slots: number) {
    this.words = new Int32Array(memory);
    this.#firstCounter = firstCounter(slots);
  }

  static bytesFor(slots: number, launches: number): number {
    return (firstCounter(slots) + launches * LINE) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Index of the word that counts the tiles of a launch that were taken. */
  taken(launch: number): number {
    return this.#firstCounter + launch * LINE;
  }

  /** Index of the word that counts the tiles of a launch that are done. */
  done(launch: number): number {
    return this.#firstCounter + launch * LINE + 1;
  }

  /** Index of the word that holds the address of a slot of the program. */
  address(slot: number): number {
    return ADDRESSES + slot;
  }

  /** Makes all as it was before the first run, but for the addresses. No other thread may be active. */
  reset(launches: number): void {
    this.words[PHASE] = 0;
    this.words[FAILED_LAUNCH] = 0;
    this.words.fill(0, this.#firstCounter, this.taken(launches));
  }

  /** Notes the first failure, and lets all threads leave. */
  fail(launch: number, error: unknown): void {
    if (Atomics.compareExchange(this.words, FAILED_LAUNCH, 0, launch + 1) === 0) {
      const text = new TextEncoder().encode(String(error)).subarray(0, FAILURE_BYTES);
      this.#failureText(text.length).set(text);
      Atomics.store(this.words, FAILURE_LENGTH, text.length);
    }
    Atomics.store(this.words, PHASE, ABORTED);
    this.wakeSleepers();
  }

  /** What went wrong in a run that no thread is in any more. */
  failure(): { readonly launch: number; readonly text: string } | undefined {
    const failed = Atomics.load(this.words, FAILED_LAUNCH);
    if (failed === 0) return undefined;
    const length = Atomics.load(this.words, FAILURE_LENGTH);
    return { launch: failed - 1, text: new TextDecoder().decode(this.#failureText(length).slice()) };
  }

  wakeSleepers(): void {
    if (Atomics.load(this.words, SLEEPERS) === 0) return;
    Atomics.notify(this.words, PHASE);
    Atomics.notify(this.words, ABSENCE);
  }

  #failureText(bytes: number): Uint8Array {
    return new Uint8Array(this.words.buffer, FAILURE_TEXT * Int32Array.BYTES_PER_ELEMENT, bytes);
  }
}

function firstCounter(slots: number): number {
  return Math.ceil((ADDRESSES + slots) / LINE) * LINE;
}
