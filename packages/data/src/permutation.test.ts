import { deriveKey } from "@tandem/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { permutation } from "./permutation.ts";

test("a permutation holds each index once", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(), (length, seed) => {
      const sorted = [...permutation(length, deriveKey(seed, 0, "test"))].sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length }, (_, index) => index));
    }),
  );
});

test("the same key gives the same permutation, another epoch another one", () => {
  const order = (epoch: number) => [...permutation(100, deriveKey(7, epoch, "test"))];
  expect(order(3)).toEqual(order(3));
  expect(order(3)).not.toEqual(order(4));
});

test("all orders of three are about equally likely", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = permutation(3, deriveKey(seed, 0, "test")).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // 1000 each, with a standard deviation of 29.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
});
