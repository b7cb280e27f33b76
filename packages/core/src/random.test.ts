import { describe, expect, test } from "vitest";
import { bitsAt, deriveKey, hashPath, normalAt, uniformAt } from "./random.ts";

// Known answers of FNV-1a, 32 bits.
test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("the hash of path %j", (path, expected) => {
  expect(hashPath(path)).toBe(expected);
});

describe("a stream", () => {
  const key = deriveKey(7, 3, "conv1/dropout");

  test("depends on seed, step and path", () => {
    const others = [
      deriveKey(8, 3, "conv1/dropout"),
      deriveKey(7, 4, "conv1/dropout"),
      deriveKey(7, 3, "conv2/dropout"),
    ];
    expect(others.map((other) => bitsAt(other, 0, 0))).not.toContain(bitsAt(key, 0, 0));
    expect(deriveKey(7, 3, "conv1/dropout")).toEqual(key);
  });

  test("depends on sample and element, in this order", () => {
    expect(new Set([bitsAt(key, 0, 0), bitsAt(key, 0, 1), bitsAt(key, 1, 0), bitsAt(key, 1, 1)]).size).toBe(4);
  });

  test("uniform values are multiples of 2^-24 in [0, 1), so exact in f32, with the moments of the uniform", () => {
    const draws = Array.from({ length: 4096 }, (_, element) => uniformAt(key, 0, element));
    expect(draws.every((draw) => draw >= 0 && draw < 1 && Math.fround(draw) === draw)).toBe(true);
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
    expect(draws.reduce((sum, draw) => sum + (draw - 0.5) ** 2, 0) / draws.length).toBeCloseTo(1 / 12, 2);
  });

  test("normal values have mean 0 and variance 1", () => {
    const draws = Array.from({ length: 4096 }, (_, element) => normalAt(key, 5, element));
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0, 1);
    expect(draws.reduce((sum, draw) => sum + draw ** 2, 0) / draws.length).toBeCloseTo(1, 1);
  });
});
