import { describe, expect, test } from "vitest";
import { TopErrorCounter } from "./top-errors.ts";

const errorsOf = (scores: readonly number[][], labels: readonly number[], count = labels.length): object => {
  const counter = new TopErrorCounter();
  counter.add(scores.flat(), labels, count, scores[0]?.length ?? 0);
  return counter.errors;
};
const falling = [0.3, 0.2, 0.15, 0.12, 0.11, 0.1, 0.02];

describe("top-k errors", () => {
  test.each([
    ["the most probable class is right", 0, { top1: 0, top5: 0 }],
    ["the fifth is within five", 4, { top1: 100, top5: 0 }],
    ["the sixth is not", 5, { top1: 100, top5: 100 }],
  ])("%s", (_, label, errors) => {
    expect(errorsOf([falling], [label])).toEqual(errors);
  });

  test("among equals the first listed wins, so that a constant prediction is right for one class only", () => {
    const flat = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    const labels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(
      errorsOf(
        labels.map(() => flat),
        labels,
      ),
    ).toEqual({ top1: 90, top5: 50 });
  });

  test("NaN is never right", () => {
    expect(errorsOf([[Number.NaN, Number.NaN]], [0])).toEqual({ top1: 100, top5: 0 });
    expect(errorsOf([Array.from({ length: 6 }, () => Number.NaN)], [0])).toEqual({ top1: 100, top5: 100 });
  });

  test("pictures that pad a batch do not count", () => {
    expect(errorsOf([falling, falling, falling, falling], [0, 0, 1, 1], 2)).toEqual({ top1: 0, top5: 0 });
  });

  test("batches add up", () => {
    const counter = new TopErrorCounter();
    counter.add([0.9, 0.1], [0], 1, 2);
    counter.add([0.9, 0.1, 0.2, 0.8, 0.7, 0.3], [1, 1, 0], 3, 2);
    expect(counter.errors).toEqual({ top1: 25, top5: 0 });
  });
});
