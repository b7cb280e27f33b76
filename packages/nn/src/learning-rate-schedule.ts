// Learning-rate schedules: plain data that a host loop asks before each step. The rate is a function of how far training is and of
// the validation errors so far, so a resumed run continues where it was.

export type LearningRateSchedule =
  | { readonly kind: "constant" }
  /** Multiplies the rate by `factor` at each of the given epochs. */
  | { readonly kind: "steps"; readonly atEpochs: readonly number[]; readonly factor: number }
  /**
   * Multiplies the rate by `factor` when the validation error has not improved for `patience` epochs, at most `drops` times: what
   * the paper's authors did by hand, three times, by ten (section 5).
   */
  | { readonly kind: "plateau"; readonly patience: number; readonly factor: number; readonly drops: number }
  /** Half a cosine from the base rate to 0 over all epochs. */
  | { readonly kind: "cosine" };

export interface TrainingProgress {
  /** Passes over the training set so far, with the fraction of the present one. */
  readonly epoch: number;
  /** Passes that are planned. */
  readonly epochs: number;
  /** Validation error after each finished pass. */
  readonly validationErrors: readonly number[];
}

/** The rate for the next step. */
export function learningRateAt(schedule: LearningRateSchedule, baseRate: number, progress: TrainingProgress): number {
  switch (schedule.kind) {
    case "constant":
      return baseRate;
    case "steps":
      return baseRate * schedule.factor ** schedule.atEpochs.filter((epoch) => epoch <= progress.epoch).length;
    case "plateau":
      return (
        baseRate *
        schedule.factor ** Math.min(schedule.drops, countPlateaus(progress.validationErrors, schedule.patience))
      );
    case "cosine":
      return (baseRate * (1 + Math.cos(Math.PI * Math.min(1, progress.epoch / progress.epochs)))) / 2;
  }
}

/** How often `patience` errors in a row were no better than the best before them; each plateau starts the count anew. */
export function countPlateaus(errors: readonly number[], patience: number): number {
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  let plateaus = 0;
  for (const error of errors) {
    waited = error < best ? 0 : waited + 1;
    best = Math.min(best, error);
    if (waited === patience) {
      plateaus += 1;
      waited = 0;
    }
  }
  return plateaus;
}
