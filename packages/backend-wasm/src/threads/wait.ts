// Waiting for a shared word: first by looking, since what a thread waits for is mostly a moment away, then asleep.

/** About as long as it takes to be woken. */
const LOOKS = 4000;
const NAP_MILLISECONDS = 200;
/** Far above what a tile takes on the slowest machine. */
const PATIENCE_MILLISECONDS = 120_000;

export interface AwaitedWord {
  readonly words: Int32Array;
  readonly index: number;
  /** Index of the word that counts who sleeps, so that nobody is notified in vain. */
  readonly sleepers: number;
  /** A count that rises as long as somebody works. */
  readonly progress?: number;
}

/** Returns the word's value once it is at least `target`. Throws where nothing has moved for minutes. */
export function waitForAtLeast(target: number, { words, index, sleepers, progress = index }: AwaitedWord): number {
  for (let look = 0; look < LOOKS || !canSleep; look++) {
    const value = Atomics.load(words, index);
    if (value >= target) return value;
  }
  Atomics.add(words, sleepers, 1);
  try {
    return sleepUntilAtLeast(target, words, index, progress);
  } finally {
    Atomics.sub(words, sleepers, 1);
  }
}

function sleepUntilAtLeast(target: number, words: Int32Array, index: number, progress: number): number {
  let seen = Atomics.load(words, progress);
  let lastMove = performance.now();
  for (;;) {
    const value = Atomics.load(words, index);
    if (value >= target) return value;
    if (Atomics.wait(words, index, value, NAP_MILLISECONDS) !== "timed-out") continue;
    const found = Atomics.load(words, progress);
    if (found !== seen) {
      seen = found;
      lastMove = performance.now();
    } else if (performance.now() - lastMove > PATIENCE_MILLISECONDS) {
      throw new Error(`a helper thread has not moved for ${PATIENCE_MILLISECONDS / 1000} seconds`);
    }
  }
}

/** A browser's main thread may not sleep. */
const canSleep: boolean = mayBlock();

function mayBlock(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
