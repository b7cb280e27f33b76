import { describe, expect, test } from "vitest";
import { Smoothed } from "./smoothed.ts";

describe("a smoothed mean", () => {
  test("of equal values is that value, from the first on", () => {
    const loss = new Smoothed(20);
    expect(loss.mean).toBeNaN();
    for (let count = 0; count < 5; count++) {
      loss.add(2.5);
      expect(loss.mean).toBeCloseTo(2.5, 12);
    }
  });

  test("forgets what is long ago", () => {
    const loss = new Smoothed(10);
    loss.add(1000);
    for (let count = 0; count < 200; count++) loss.add(1);
    expect(loss.mean).toBeCloseTo(1, 6);
  });
});
