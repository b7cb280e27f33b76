// The highest rate that a repeated piece of work reaches.

export interface RateOptions {
  /** How long a try lasts at least: far more than it takes to start one and to notice its end. */
  readonly milliseconds: number;
  readonly tries: number;
}

/** Units of work a second; `work` is what one repetition does. `now` is a clock in milliseconds. */
export async function bestRate(
  run: (repetitions: number) => Promise<void>,
  work: number,
  { milliseconds, tries }: RateOptions,
  now: () => number = () => performance.now(),
): Promise<number> {
  let repetitions = 1;
  let shortest = await timed();
  while (shortest < milliseconds) {
    repetitions *= 2;
    shortest = await timed();
  }
  for (let attempt = 1; attempt < tries; attempt++) shortest = Math.min(shortest, await timed());
  return (work * repetitions) / (shortest / 1000);

  async function timed(): Promise<number> {
    const start = now();
    await run(repetitions);
    return now() - start;
  }
}
