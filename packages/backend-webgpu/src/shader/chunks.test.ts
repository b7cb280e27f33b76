import { byteLength, spec } from "@tandem/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { leastCapabilities } from "../capabilities.ts";
import { chunksOf } from "./chunks.ts";
import { bindingCount } from "./storage.ts";

function withLimits(limits: Partial<typeof leastCapabilities.limits>) {
  return { ...leastCapabilities, limits: { ...leastCapabilities.limits, ...limits } };
}

test("what a kernel can bind is one chunk", () => {
  const types = [spec("f32", [10, 5]), spec("f32", [10])];
  expect(chunksOf(10, types, leastCapabilities)).toEqual([{ first: 0, count: 10, of: 10 }]);
});

test("chunks begin where the adapter can begin a binding", () => {
  const types = [spec("f32", [100, 24]), spec("f16", [100, 8])];
  const chunks = chunksOf(100, types, withLimits({ storageBindings: 3, bindingBytes: 4096 }));
  expect(chunks).toEqual([
    { first: 0, count: 64, of: 100 },
    { first: 64, count: 36, of: 100 },
  ]);
});

test("there are none where one item needs too much", () => {
  expect(chunksOf(2, [spec("f32", [2, 1000])], withLimits({ storageBindings: 1, bindingBytes: 256 }))).toEqual([]);
});

test("chunks cover all items once, and each can be bound", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 8 }), (each, items, windows) => {
      const capabilities = withLimits({ bindingBytes: 2048, storageBindings: windows });
      const types = each.map((size) => spec("f32", [items, size]));
      const chunks = chunksOf(items, types, capabilities);
      let next = 0;
      for (const { first, count } of chunks) {
        expect(first).toBe(next);
        next += count;
        const bytes = types.map((type) => (byteLength(type) / items) * count);
        expect(bindingCount(bytes, capabilities)).toBeLessThanOrEqual(windows);
        for (const size of each) expect((first * size * 4) % capabilities.limits.offsetAlignment).toBe(0);
      }
      expect([0, items]).toContain(next);
    }),
  );
});
