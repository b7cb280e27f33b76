import { describe, expect, test } from "vitest";
import { countPlateaus, type LearningRateSchedule, learningRateAt } from "./learning-rate-schedule.ts";

describe("learningRateAt", () => {
  const steps: LearningRateSchedule = { kind: "steps", atEpochs: [23, 51, 78], factor: 0.1 };
  const plateau: LearningRateSchedule = { kind: "plateau", patience: 2, factor: 0.1, drops: 2 };
  const cases: { schedule: LearningRateSchedule; epoch: number; validationErrors?: number[]; rate: number }[] = [
    { schedule: { kind: "constant" }, epoch: 50, rate: 0.01 },
    { schedule: steps, epoch: 0, rate: 0.01 },
    { schedule: steps, epoch: 22.99, rate: 0.01 },
    { schedule: steps, epoch: 23, rate: 1e-3 },
    { schedule: steps, epoch: 60, rate: 1e-4 },
    { schedule: steps, epoch: 92, rate: 1e-5 },
    { schedule: plateau, epoch: 3, validationErrors: [50, 40, 30], rate: 0.01 },
    { schedule: plateau, epoch: 4, validationErrors: [50, 40, 41, 40], rate: 1e-3 },
    { schedule: plateau, epoch: 9, validationErrors: [50, 51, 51, 51, 51, 51, 51, 51, 51], rate: 1e-4 },
    { schedule: { kind: "cosine" }, epoch: 0, rate: 0.01 },
    { schedule: { kind: "cosine" }, epoch: 50, rate: 0.005 },
    { schedule: { kind: "cosine" }, epoch: 100, rate: 0 },
  ];
  test.each(cases)("$schedule.kind at epoch $epoch", ({ schedule, epoch, validationErrors = [], rate }) => {
    expect(learningRateAt(schedule, 0.01, { epoch, epochs: 100, validationErrors })).toBeCloseTo(rate, 12);
  });
});

describe("countPlateaus", () => {
  test.each([
    { title: "nothing yet", errors: [], plateaus: 0 },
    { title: "steady improvement", errors: [5, 4, 3, 2], plateaus: 0 },
    { title: "an improvement resets the wait", errors: [5, 6, 4, 6, 3], plateaus: 0 },
    { title: "a plateau", errors: [5, 5, 5], plateaus: 1 },
    { title: "the wait starts anew after a plateau", errors: [5, 5, 5, 5], plateaus: 1 },
    { title: "two plateaus", errors: [5, 5, 5, 4, 4, 4], plateaus: 2 },
  ])("$title", ({ errors, plateaus }) => {
    expect(countPlateaus(errors, 2)).toBe(plateaus);
  });
});
