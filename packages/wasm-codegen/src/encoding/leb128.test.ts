import fc from "fast-check";
import { expect, test } from "vitest";
import { signedLeb128, unsignedLeb128 } from "./leb128.ts";

// The examples of the DWARF specification, figures 22 and 23.
test.each([
  [2, [2]],
  [127, [127]],
  [128, [0x80, 1]],
  [129, [0x81, 1]],
  [12857, [0xb9, 0x64]],
])("unsigned %d", (number, bytes) => {
  expect(unsignedLeb128(number)).toEqual(bytes);
});

test.each([
  [2, [2]],
  [-2, [0x7e]],
  [127, [0xff, 0]],
  [-127, [0x81, 0x7f]],
  [128, [0x80, 1]],
  [-128, [0x80, 0x7f]],
  [-129, [0xff, 0x7e]],
])("signed %d", (number, bytes) => {
  expect(signedLeb128(number)).toEqual(bytes);
});

test("decoding gives every number back", () => {
  const decode = (bytes: readonly number[]): bigint =>
    bytes.reduceRight((so, byte) => (so << 7n) | BigInt(byte & 0x7f), 0n);
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.integer(), (natural, integer) => {
      expect(decode(unsignedLeb128(natural))).toBe(BigInt(natural));
      const bytes = signedLeb128(integer);
      expect(BigInt.asIntN(7 * bytes.length, decode(bytes))).toBe(BigInt(integer));
    }),
  );
});
