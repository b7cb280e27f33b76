import { describe, expect, test } from "vitest";
import { median, overSeeds } from "./statistics.ts";

describe("over seeds", () => {
  test.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])("the median of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test("nothing has no median", () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test("an error is the median, with its range where there are several", () => {
    expect(overSeeds([12.94])).toBe("12.9");
    expect(overSeeds([13.41, 12.68, 12.94])).toBe("12.9 (12.7-13.4)");
  });
});
