import { deriveKey } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { colourNoiseAxes, cropSide, drawColourNoise, randomView, tenViews } from "./augmentation.ts";

test.each([
  [256, 224],
  [64, 56],
  [32, 28],
  [28, 24],
])("pictures of %i pixels are cropped to %i", (side, crop) => {
  expect(cropSide(side)).toBe(crop);
});

describe("a random view", () => {
  test("lies within the picture", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(63),
        fc.nat(),
        fc.nat(1_000_000),
        (height, width, smaller, seed, sample) => {
          const crop = Math.max(1, Math.min(height, width) - smaller);
          const { top, left } = randomView(deriveKey(seed, 0, "test"), sample, height, width, crop);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(top + crop).toBeLessThanOrEqual(height);
          expect(left + crop).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test("takes every position and both directions", () => {
    const key = deriveKey(1, 2, "test");
    const seen = new Set(
      Array.from({ length: 2000 }, (_, sample) => JSON.stringify(randomView(key, sample, 28, 28, 24))),
    );
    expect(seen.size).toBe(5 * 5 * 2);
  });
});

describe("the ten views", () => {
  test("are the centre, the corners and their mirror images", () => {
    const upright = [
      [2, 4],
      [0, 0],
      [0, 8],
      [4, 0],
      [4, 8],
    ].map(([top, left]) => ({ top, left, flipped: false }));
    expect(tenViews(28, 32, 24)).toEqual([...upright, ...upright.map((view) => ({ ...view, flipped: true }))]);
  });
});

describe("colour noise", () => {
  const colours = {
    eigenvalues: [0.25, 0.04, 0.01],
    eigenvectors: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };

  test.each([
    ["paper", [0.25, 0.04, 0.01]],
    ["code-2012", [0.5, 0.2, 0.1]],
  ] as const)("of the recipe %s spreads along the eigenvectors", (noise, spreads) => {
    const axes = colourNoiseAxes(noise, colours) ?? [];
    const draws = Array.from({ length: 4000 }, (_, sample) => drawColourNoise(axes, deriveKey(5, 0, "test"), sample));
    spreads.forEach((spread, channel) => {
      const values = draws.map((draw) => draw[channel] ?? 0);
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      expect(deviation / (255 * 0.1 * spread)).toBeCloseTo(1, 1);
      expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(deviation / 15);
    });
  });

  test.each([0, 0.5, 3])("grows with its strength of %d", (strength) => {
    const axes = colourNoiseAxes("code-2012", colours, strength) ?? [];
    const plain = colourNoiseAxes("code-2012", colours) ?? [];
    expect(axes).toHaveLength(9);
    axes.forEach((part, index) => {
      expect(part).toBeCloseTo(strength * (plain[index] ?? 0), 9);
    });
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a strength of %d", (strength) => {
    expect(() => colourNoiseAxes("paper", colours, strength)).toThrow(RangeError);
  });

  test("may be left out", () => {
    expect(colourNoiseAxes("none", colours)).toBeUndefined();
  });
});
