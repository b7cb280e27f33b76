import { expect, test } from "vitest";
import { threefry } from "./threefry.ts";

// Known answers of Random123's distribution (kat_vectors), threefry2x32 with 20 rounds.
test.each([
  { counter: [0, 0], key: [0, 0], expected: [0x6b200159, 0x99ba4efe] },
  { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], expected: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], expected: [0xc4923a9c, 0x483df7a0] },
] as const)("counter $counter under key $key", ({ counter, key, expected }) => {
  expect(threefry(key[0], key[1], counter[0], counter[1])).toEqual(expected);
});
