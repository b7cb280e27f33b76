import type { Attributes } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, referenceResult, runKernel1, type Value, value } from "./run-kernel.test-support.ts";

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

/** Indices around 0 to size - 1, a few of them out of range. */
function indicesOf(shape: readonly number[], size: number): Value {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return value(
    "i32",
    shape,
    Array.from({ length: count }, (_, index) => ((Math.imul(index + 3, 2654435761) >>> 16) % (size + 2)) - 1),
  );
}

const shapeAndAxis = fc
  .array(fc.constantFrom(1, 2, 3, 5, 8, 17, 40), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }));
const fewRuns = { numRuns: 80 };

describe("argmax is what the reference does", () => {
  test("along any axis, with ties", () => {
    fc.assert(
      fc.property(shapeAndAxis, ({ shape, axis }) => expectReference("argmax", [integers(shape, 3)], { axis })),
      fewRuns,
    );
  });

  test.each([
    { name: "more rows than a tile has", shape: [100, 1000], axis: 1 },
    { name: "more columns than a tile has", shape: [3, 50, 1111], axis: 1 },
  ])("for $name", ({ shape, axis }) => expectReference("argmax", [integers(shape, 5)], { axis }));

  const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
  test.each([
    { name: "NaN in the first position", row: [nan, 1, 2, 3, 4, 5] },
    { name: "NaN elsewhere", row: [0, nan, nan, 2, nan, 7, 7] },
    { name: "nothing but NaN", row: Array<number>(9).fill(nan) },
    { name: "minus infinity", row: Array<number>(9).fill(-infinity) },
    { name: "zeros of either sign", row: [-1, -0, 0, -0, 0] },
    { name: "equal elements in different lanes", row: [0, 0, 0, 9, 9, 9, 0, 0, 9] },
  ])("with $name", ({ row }) => {
    expectReference("argmax", [value("f32", [row.length], row)], { axis: 0 });
    expectReference(
      "argmax",
      [
        value(
          "f32",
          [row.length, 2],
          row.flatMap((x) => [x, x]),
        ),
      ],
      { axis: 0 },
    );
  });

  test.each(["i32", "u32", "bool"] as const)("on %s", (dtype) => {
    const elements = Array.from({ length: 24 }, (_, index) =>
      dtype === "bool" ? Number(index % 5 === 3) : Math.imul(index, 0x9e3779b1) >>> (dtype === "u32" ? 0 : 1),
    );
    for (const axis of [0, 1]) expectReference("argmax", [value(dtype, [3, 8], elements)], { axis });
  });
});

describe("gather and scatterAdd are what the reference does", () => {
  const indexed = fc.record({
    at: shapeAndAxis,
    entries: fc.array(fc.constantFrom(1, 2, 5, 9), { minLength: 0, maxLength: 2 }),
  });

  test("along any axis, indices out of range included", () => {
    fc.assert(
      fc.property(indexed, ({ at: { shape, axis }, entries }) => {
        const size = shape[axis] ?? 1;
        const indices = indicesOf(entries, size);
        expectReference("gather", [integers(shape, 7), indices], { axis });
        const updates = [...shape.slice(0, axis), ...entries, ...shape.slice(axis + 1)];
        expectReference("scatterAdd", [indices, integers(updates, 8)], { axis, size });
      }),
      fewRuns,
    );
  });

  test("more columns and entries than a tile has", () => {
    const indices = indicesOf([700], 50);
    expectReference("gather", [integers([50, 100], 7), indices], { axis: 0 });
    expectReference("scatterAdd", [indices, integers([2, 700, 100], 8)], { axis: 1, size: 50 });
  });

  test("on integers", () => {
    const words = value(
      "u32",
      [3, 5],
      Array.from({ length: 15 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 1),
    );
    const indices = value("i32", [3], [1, 0, 1]);
    expectReference("gather", [words, indices], { axis: 0 });
    expectReference("scatterAdd", [indices, words], { axis: 0, size: 2 });
  });
});
