import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "./errors.ts";
import { decodeHeader, decodeHeaderLength, encodeHeader, LENGTH_BYTES, layOut } from "./safetensors-layout.ts";

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = "F32"): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("layOut", () => {
  test("puts wide elements first, then goes by name, without gaps", () => {
    const layout = layOut([
      { name: "mask", dtype: "bool", shape: [3] },
      { name: "b", dtype: "f32", shape: [2] },
      { name: "a", dtype: "f32", shape: [2, 2] },
      { name: "exact", dtype: "f64", shape: [] },
    ]);
    expect(layout.entries.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ["exact", 0, 8],
      ["a", 8, 24],
      ["b", 24, 32],
      ["mask", 32, 35],
    ]);
    expect(layout.dataBytes).toBe(35);
  });

  test("what it lays out, the header gives back", () => {
    const description = fc.record({
      name: fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__"),
      dtype: fc.constantFrom("f32", "f64", "i32", "u32", "bool"),
      shape: fc.array(fc.nat(5), { maxLength: 4 }),
    });
    const tensors = fc.uniqueArray(description, { selector: ({ name }) => name, maxLength: 6 });
    const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(tensors, metadata, (descriptions, labels) => {
        const layout = layOut(descriptions, labels);
        const header = encodeHeader(layout);
        expect(header.length % 8).toBe(0);
        const length = decodeHeaderLength(header.subarray(0, LENGTH_BYTES), header.length, "f");
        expect(length).toBe(header.length - LENGTH_BYTES);
        const decoded = decodeHeader(header.subarray(LENGTH_BYTES), layout.dataBytes, "f");
        expect(new Map(decoded.entries.map((tensor) => [tensor.name, tensor]))).toEqual(
          new Map(layout.entries.map((tensor) => [tensor.name, tensor])),
        );
        expect(decoded.metadata).toEqual(labels);
      }),
    );
  });
});

describe("a header's length is refused", () => {
  const prefix = (length: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(length).buffer);
  test.each([
    ["a file shorter than the length itself", new Uint8Array(3), 3, "expected at least 8 bytes, found 3"],
    ["a header longer than the file", prefix(64n), 40, "its header claims 64 bytes; only 32 follow"],
    ["a length that no header has", prefix(2n ** 63n), 40, "its header claims 9223372036854775808 bytes; at most"],
  ])("%s", (_, bytes, fileBytes, message) => {
    expect(() => decodeHeaderLength(bytes, fileBytes, "model.safetensors")).toThrow(CheckpointError);
    expect(() => decodeHeaderLength(bytes, fileBytes, "model.safetensors")).toThrow(message);
  });
});

describe("a header is refused", () => {
  test.each([
    ["text that is not JSON", new TextEncoder().encode("{"), 0, "not JSON in UTF-8"],
    ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), 0, "not JSON in UTF-8"],
    ["an array", text([]), 0, "not a JSON object"],
    ["metadata that is not text", text({ __metadata__: { a: 1 } }), 0, "__metadata__ should map names to text"],
    ["an entry without offsets", text({ w: { dtype: "F32", shape: [1] } }), 4, "tensor w should have a dtype"],
    ["a negative offset", text({ w: entry(-4, 0) }), 4, "tensor w should have a dtype"],
    ["a fractional shape", text({ w: entry(0, 4, [0.5]) }), 4, "tensor w should have a dtype"],
    [
      "a type of another house",
      text({ w: entry(0, 4, [2], "BF16") }),
      4,
      "tensor w has dtype BF16; the known ones are",
    ],
    ["offsets that do not fit the shape", text({ w: entry(0, 4, [2]) }), 4, "takes 8 bytes; its offsets 0 to 4 span 4"],
    ["a product of extents beyond counting", text({ w: entry(0, 4, [1e15, 1e15]) }), 4, "its offsets 0 to 4 span 4"],
    ["offsets the wrong way round", text({ w: entry(4, 0, []) }), 4, "its offsets 4 to 0 span -4"],
    ["a tensor past the end: the file is truncated", text({ w: entry(0, 8) }), 6, "ends at byte 8 of the data; only 6"],
    ["overlapping tensors", text({ a: entry(0, 8), b: entry(4, 12) }), 12, "a and b overlap at byte 4"],
    ["a gap between tensors", text({ a: entry(0, 4), b: entry(8, 12) }), 12, "bytes 4 to 8 of the data belong to no"],
    ["bytes after the last tensor", text({ a: entry(0, 4) }), 12, "bytes 4 to 12 of the data belong to no tensor"],
  ])("%s", (_, header, dataBytes, message) => {
    expect(() => decodeHeader(header, dataBytes, "model.safetensors")).toThrow(CheckpointError);
    expect(() => decodeHeader(header, dataBytes, "model.safetensors")).toThrow(message);
  });

  test("damaged anywhere, it is refused or still covers the data exactly", () => {
    const layout = layOut([
      { name: "conv1.weight", dtype: "f32", shape: [3, 3, 3, 8] },
      { name: "conv1.bias", dtype: "f32", shape: [8] },
      { name: "step", dtype: "u32", shape: [] },
    ]);
    const header = encodeHeader(layout).subarray(LENGTH_BYTES);
    const damage = fc.array(fc.tuple(fc.nat(header.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(damage, (changes) => {
        const changed = Uint8Array.from(header);
        for (const [position, byte] of changes) changed[position] = byte;
        try {
          const { entries } = decodeHeader(changed, layout.dataBytes, "f");
          expect(entries.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(layout.dataBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
