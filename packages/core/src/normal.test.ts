import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inverseNormalCdf, portableLog } from "./normal.ts";

test("the portable logarithm agrees with the engine's to the last bits", () => {
  const positive = fc.double({ min: 2 ** -1000, max: 2 ** 1000, noNaN: true });
  fc.assert(
    fc.property(positive, (x) => {
      expect(Math.abs(portableLog(x) - Math.log(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(x))));
    }),
  );
});

describe("quantiles of the standard normal", () => {
  // As R computes them (qnorm).
  test.each([
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.9, 1.2815515655446004],
    [0.975, 1.9599639845400543],
    [0.995, 2.575829303548901],
    [0.9999, 3.71901648545568],
    [1e-10, -6.361340902404056],
  ])("at %d", (p, quantile) => {
    expect(inverseNormalCdf(p)).toBeCloseTo(quantile, 13);
  });

  test("are antisymmetric about the median and increase", () => {
    const probability = fc.integer({ min: 1, max: 2 ** 30 - 1 }).map((numerator) => numerator / 2 ** 30);
    fc.assert(
      fc.property(probability, probability, (p, q) => {
        expect(inverseNormalCdf(1 - p)).toBeCloseTo(-inverseNormalCdf(p), 12);
        if (p < q) expect(inverseNormalCdf(p)).toBeLessThan(inverseNormalCdf(q));
      }),
    );
  });

  // These bits reach initial weights, so they may never change.
  test("have the same bits on every engine", () => {
    const bits = (x: number): string => new BigUint64Array(new Float64Array([x]).buffer).join();
    expect([1e-9, 0.01, 0.3, 0.8, 0.999999].map((p) => bits(inverseNormalCdf(p)))).toMatchInlineSnapshot(`
      [
        "13841810985641620903",
        "13835792925364125454",
        "13826270636307301882",
        "4605755869693088565",
        "4617037898413868529",
      ]
    `);
  });
});
