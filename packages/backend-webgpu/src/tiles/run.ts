// An axis made of runs of neighbours, each laid out in a few more places than it has elements so that runs start at multiples of four.

export interface Run {
  readonly count: number;
  readonly length: number;
  /** Places that a run takes, at least `length`. */
  readonly padded: number;
}

export function runOf(count: number, length: number): Run {
  return { count, length, padded: length };
}

/** An axis of one run. */
export function wholeRun(length: number): Run {
  return runOf(1, length);
}

/** Places of the whole axis. */
export function runExtent({ count, padded }: Run): number {
  return count * padded;
}

/** For the place named by a u32 expression: the element that lies there, and whether one does. */
export function runElement(run: Run, place: string): { readonly element: string; readonly exists: string } {
  const { length, padded } = run;
  const isWithin = `${place} < ${runExtent(run)}u`;
  if (length === padded) return { element: place, exists: isWithin };
  return {
    element: `(${place} / ${padded}u * ${length}u + ${place} % ${padded}u)`,
    exists: `(${isWithin} && ${place} % ${padded}u < ${length}u)`,
  };
}
