import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float16Bits, fromFloat16Bits, roundToFloat16 } from "./float16.ts";

/** Every f16 that is a number, in increasing order from 0 to infinity. */
const magnitudes = Array.from({ length: 0x7c01 }, (_, bits) => fromFloat16Bits(bits));

/** The definition, with infinity standing for the next number after the largest: 65536. */
function nearestByDefinition(value: number): number {
  const magnitude = Math.abs(value);
  const place = (bits: number): number => (bits === 0x7c00 ? 65536 : (magnitudes[bits] ?? Number.NaN));
  let [low, high] = [0, 0x7c00];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (place(middle) <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - place(low), place(high) - magnitude];
  const chosen = magnitude >= 65536 || above < below || (above === below && low % 2 === 1) ? high : low;
  const sign = value < 0 || Object.is(value, -0) ? -1 : 1;
  return sign * (magnitudes[chosen] ?? Number.NaN);
}

const smallAndLarge = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ min: -70000, max: 70000, noNaN: true }),
  fc.double({ min: -(2 ** -12), max: 2 ** -12, noNaN: true }),
);

describe("rounding to f16", () => {
  test.each([
    ["1/3", 1 / 3, 0.333251953125],
    ["a tie, down to even", 2049, 2048],
    ["a tie, up to even", 2051, 2052],
    ["just above a tie, by less than float32 sees", 2049 + 2 ** -30, 2050],
    ["the largest", 65504, 65504],
    ["the last that is not infinity", 65519.99, 65504],
    ["the first that is", 65520, Number.POSITIVE_INFINITY],
    ["of the other sign", -65520, Number.NEGATIVE_INFINITY],
    ["the smallest normal", 2 ** -14, 2 ** -14],
    ["the smallest", 2 ** -24, 2 ** -24],
    ["half the smallest, a tie with 0", 2 ** -25, 0],
    ["a little more", 2 ** -25 + 2 ** -40, 2 ** -24],
    ["a float64 that is subnormal itself", Number.MIN_VALUE, 0],
    ["a negative number that vanishes", -(2 ** -30), -0],
    ["-0", -0, -0],
    ["infinity", Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ["NaN", Number.NaN, Number.NaN],
  ])("%s", (_, value, expected) => {
    expect(roundToFloat16(value)).toBe(expected);
  });

  test("gives the nearest number, ties to even", () => {
    fc.assert(
      fc.property(smallAndLarge, (value) => {
        expect(roundToFloat16(value)).toBe(nearestByDefinition(value));
      }),
      { numRuns: 2000 },
    );
  });

  test("gives halfway points to the even neighbour", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low = 0, high = 0] = magnitudes.slice(bits, bits + 2);
      expect(roundToFloat16((low + high) / 2)).toBe(bits % 2 === 0 ? low : high);
    }
  });
});

describe("the bits of f16", () => {
  test("come back from numbers, all but those of NaN", () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const value = fromFloat16Bits(bits);
      if (Number.isNaN(value)) expect(float16Bits(value)).toBe(0x7e00);
      else expect(float16Bits(value)).toBe(bits);
    }
  });

  test("are those of the nearest number", () => {
    fc.assert(
      fc.property(smallAndLarge, (value) => {
        expect(fromFloat16Bits(float16Bits(value))).toBe(roundToFloat16(value));
      }),
    );
  });
});
