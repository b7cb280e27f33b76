import { describe, expect, test } from "vitest";
import { Pace } from "./pace.ts";

describe("the time left", () => {
  test("is unknown before the first step", () => {
    const pace = new Pace();
    expect(pace.secondsLeft({ training: 100, evaluation: 0 })).toBe(Number.POSITIVE_INFINITY);
    expect(pace.imagesPerSecond).toBe(0);
  });

  test("counts an evaluated picture as a third of a trained one until it knows better", () => {
    const pace = new Pace();
    pace.addTraining(100, 10);
    expect(pace.imagesPerSecond).toBe(10);
    expect(pace.secondsLeft({ training: 50, evaluation: 300 })).toBeCloseTo(5 + 10);
    pace.addEvaluation(200, 2);
    expect(pace.secondsLeft({ training: 50, evaluation: 300 })).toBeCloseTo(5 + 3);
  });
});
