import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { geometricMean, rates, summarize } from "./statistics.ts";

const times = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 });

describe("a summary", () => {
  test.each([
    [[3], { median: 3, min: 3, max: 3, count: 1 }],
    [[5, 1, 3], { median: 3, min: 1, max: 5, count: 3 }],
    [[4, 1, 2, 10], { median: 3, min: 1, max: 10, count: 4 }],
  ])("of %j", (values, expected) => {
    expect(summarize(values)).toEqual(expected);
  });

  test("has as many values below the median as above it, whatever their order", () => {
    fc.assert(
      fc.property(times, (values) => {
        const { median, min, max } = summarize(values);
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
        expect(min <= median && median <= max).toBe(true);
        expect(summarize(values.toReversed())).toEqual(summarize(values));
      }),
    );
  });

  test("of nothing is refused", () => {
    expect(() => summarize([])).toThrow("no measurements");
  });
});

test("rates are highest where times are shortest", () => {
  expect(rates({ median: 2, min: 1, max: 4, count: 3 }, 8)).toEqual({ median: 4, min: 2, max: 8, count: 3 });
});

describe("the geometric mean", () => {
  test("of a ratio and its inverse is 1", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (ratio) => {
        expect(geometricMean([ratio, 1 / ratio])).toBeCloseTo(1, 10);
      }),
    );
  });

  test("of nothing is refused", () => {
    expect(() => geometricMean([])).toThrow("no values");
  });
});
