// How many threads each of several devices gets.

/** At least one each; the first ones get one more where `threads` cannot be shared out evenly. */
export function shareThreads(threads: number, devices: number): readonly number[] {
  return Array.from({ length: devices }, (_, index) =>
    Math.max(1, Math.floor(threads / devices) + (index < threads % devices ? 1 : 0)),
  );
}
