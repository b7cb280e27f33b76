import { operand } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunksOf, LINE, tileCount } from "./tiles.ts";

const extents = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 });
const sizes = fc.integer({ min: 1, max: 100_000 });

describe("chunks", () => {
  test("are from 1 to the extent of their axis, and cover it without an empty tile", () => {
    fc.assert(
      fc.property(extents, sizes, fc.constantFrom(1, LINE), (shape, positions, granule) => {
        for (const [axis, chunk] of chunksOf(shape, positions, granule).entries()) {
          const extent = operand(shape, axis);
          expect(chunk).toBeGreaterThanOrEqual(1);
          expect(chunk).toBeLessThanOrEqual(extent);
          expect((Math.ceil(extent / chunk) - 1) * chunk).toBeLessThan(extent);
        }
      }),
    );
  });

  test("hold no more positions than asked for, but for the granule", () => {
    fc.assert(
      fc.property(extents, sizes, (shape, positions) => {
        const chunks = chunksOf(shape, positions, LINE);
        expect(chunks.reduce((product, chunk) => product * chunk)).toBeLessThanOrEqual(Math.max(positions, 1) + LINE);
      }),
    );
  });

  test("of the innermost axis end at cache lines", () => {
    fc.assert(
      fc.property(extents, sizes, (shape, positions) => {
        const [last, chunk] = [
          operand(shape, shape.length - 1),
          operand(chunksOf(shape, positions, LINE), shape.length - 1),
        ];
        expect(chunk === last || chunk % LINE === 0).toBe(true);
      }),
    );
  });

  test.each([
    { shape: [128, 55, 55, 96], positions: 16384, chunks: [1, 3, 55, 96], tiles: 128 * 19 },
    { shape: [37_748_736], positions: 16384, chunks: [16384], tiles: 2304 },
    { shape: [10], positions: 16384, chunks: [10], tiles: 1 },
    { shape: [0, 3], positions: 16384, chunks: [1, 3], tiles: 0 },
  ])("of $shape are $chunks", ({ shape, positions, chunks, tiles }) => {
    expect(chunksOf(shape, positions, LINE)).toEqual(chunks);
    expect(tileCount(shape, chunks)).toBe(tiles);
  });
});
