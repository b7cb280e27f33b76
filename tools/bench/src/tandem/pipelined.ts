// Times runs as the trainer makes them: the next one is submitted before the result of this one has arrived.

/** Seconds between the ends of successive runs, for about so long, at least one; without the first, which warms up. */
export async function pipelinedSeconds(run: () => Promise<unknown>, milliseconds: number): Promise<readonly number[]> {
  const seconds: number[] = [];
  let current = run();
  let last: number | undefined;
  let end = Number.POSITIVE_INFINITY;
  for (;;) {
    const isLast = performance.now() >= end;
    const next = isLast ? undefined : run();
    await current;
    const now = performance.now();
    if (last === undefined) end = now + milliseconds;
    else seconds.push((now - last) / 1000);
    last = now;
    if (next === undefined) return seconds;
    current = next;
  }
}
