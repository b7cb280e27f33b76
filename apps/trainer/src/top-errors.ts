// Top-1 and top-5 errors of predicted probabilities.

/** Shares of pictures in percent whose class is not the most probable one, or not among the five most probable. */
export interface TopErrors {
  readonly top1: number;
  readonly top5: number;
}

/** Counts errors over the batches of an evaluation. */
export class TopErrorCounter {
  #pictures = 0;
  #wrongTop1 = 0;
  #wrongTop5 = 0;

  /**
   * Adds the first `count` pictures of a batch.
   *
   * @param probabilities - [N, classes], row-major; any monotonic score will do.
   * @param labels - [N], class indices.
   */
  add(probabilities: ArrayLike<number>, labels: ArrayLike<number>, count: number, classes: number): void {
    for (let picture = 0; picture < count; picture++) {
      const rank = rankOfLabel(probabilities, picture * classes, classes, labels[picture] ?? 0);
      this.#pictures += 1;
      if (rank >= 1) this.#wrongTop1 += 1;
      if (rank >= 5) this.#wrongTop5 += 1;
    }
  }

  get errors(): TopErrors {
    const percent = (wrong: number): number => (100 * wrong) / Math.max(1, this.#pictures);
    return { top1: percent(this.#wrongTop1), top5: percent(this.#wrongTop5) };
  }
}

/** How many classes come before the label: those more probable, and among equals those listed first. NaN comes before all. */
function rankOfLabel(scores: ArrayLike<number>, start: number, classes: number, label: number): number {
  const own = scores[start + label] ?? Number.NaN;
  let rank = 0;
  for (let other = 0; other < classes; other++) {
    const score = scores[start + other] ?? Number.NaN;
    const isBehind = score < own || (score === own && other >= label);
    if (!isBehind) rank += 1;
  }
  return rank;
}
