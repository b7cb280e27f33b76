// Bisection over whole numbers.
/** The largest whole number from 1 to `limit` that `fits`, or 0 if none does; if a number fits, so must all below it. */
export function largestThat(limit: number, fits: (candidate: number) => boolean): number {
  let fitting = 0;
  let refused = limit + 1;
  while (refused - fitting > 1) {
    const middle = Math.floor((fitting + refused) / 2);
    if (fits(middle)) fitting = middle;
    else refused = middle;
  }
  return fitting;
}
