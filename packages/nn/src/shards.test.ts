import { UsageError } from "@tandem/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shardsOf } from "./shards.ts";

test("shards follow each other, cover the batch, and differ by one sample at most", () => {
  const divisions = fc
    .integer({ min: 1, max: 9 })
    .chain((replicas) => fc.tuple(fc.constant(replicas), fc.integer({ min: replicas, max: 300 })));
  fc.assert(
    fc.property(divisions, ([replicas, samples]) => {
      const shards = shardsOf(samples, replicas);
      expect(shards.length).toBe(replicas);
      let next = 0;
      for (const { start, count } of shards) {
        expect(start).toBe(next);
        next += count;
      }
      expect(next).toBe(samples);
      const counts = shards.map(({ count }) => count);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test("a batch of 7 for three devices", () => {
  expect(shardsOf(7, 3)).toEqual([
    { start: 0, count: 3 },
    { start: 3, count: 2 },
    { start: 5, count: 2 },
  ]);
});

test("a replica without a sample is refused", () => {
  expect(() => shardsOf(2, 3)).toThrow(UsageError);
  expect(() => shardsOf(2, 3)).toThrow(/a batch of 2 cannot be divided between 3 devices/);
});
