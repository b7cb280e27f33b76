// Times runs as the trainer makes them: the next one is submitted before the result of this one has arrived.

/** Ends of short runs may be noticed several at once: runs are counted together until they have lasted so long. */
const SHORTEST_SAMPLE_SECONDS = 0.02;

/**
 * Seconds a run, in samples of one run or more, for about so long; at least one sample, and without the first run, which warms up.
 * `now` is a clock in milliseconds.
 */
export async function pipelinedSeconds(
  run: () => Promise<unknown>,
  milliseconds: number,
  now: () => number = () => performance.now(),
): Promise<readonly number[]> {
  const seconds: number[] = [];
  let current = run();
  let next = run();
  await current;
  const begin = now();
  let last = begin;
  let runs = 0;
  for (;;) {
    current = next;
    const isLast = seconds.length > 0 && now() - begin >= milliseconds;
    if (!isLast) next = run();
    await current;
    if (isLast) return seconds;
    runs += 1;
    const sample = (now() - last) / 1000;
    if (sample < SHORTEST_SAMPLE_SECONDS && now() - begin < milliseconds) continue;
    seconds.push(sample / runs);
    last = now();
    runs = 0;
  }
}
