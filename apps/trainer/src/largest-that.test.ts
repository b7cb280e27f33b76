import fc from "fast-check";
import { expect, test } from "vitest";
import { largestThat } from "./largest-that.ts";

test("finds the largest number that fits, in few questions", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(120_000), (limit, largest) => {
      let questions = 0;
      const found = largestThat(limit, (candidate) => {
        questions += 1;
        return candidate <= largest;
      });
      expect(found).toBe(Math.min(limit, largest));
      expect(questions).toBeLessThanOrEqual(18);
    }),
  );
});
