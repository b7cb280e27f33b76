import { type Attributes, elementCount } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, referenceResult, runKernel1, type Value, value } from "./run-kernel.test-support.ts";

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

describe("reductions are what the reference does", () => {
  const reduced = fc
    .array(fc.constantFrom(1, 3, 4, 5, 8, 18, 33), { minLength: 1, maxLength: 4 })
    .filter((shape) => elementCount(shape) < 50_000)
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.subarray([...shape.keys()], { minLength: 1 }),
        kind: fc.constantFrom("sum", "max", "min"),
      }),
    );

  test("on f32", () => {
    fc.assert(
      fc.property(reduced, ({ shape, axes, kind }) => {
        expectReference("reduce", [integers(shape, 7)], { kind, axes, accumulate: "f32" });
      }),
      { numRuns: 120 },
    );
  });

  test.each([
    { name: "few columns of many rows", shape: [20_001, 7], axes: [0] },
    { name: "columns of many rows, in pieces of unequal length", shape: [3, 4000, 33], axes: [0, 1] },
    { name: "more columns than a tile has", shape: [4099, 1100], axes: [0] },
    { name: "rows cut into pieces", shape: [3, 100_003], axes: [1] },
    { name: "everything", shape: [5, 7, 9, 1000], axes: [0, 1, 2, 3] },
    { name: "axes on both sides of the kept one", shape: [90, 6, 501], axes: [0, 2] },
    { name: "many long rows", shape: [70, 5000], axes: [1] },
    { name: "many short rows", shape: [70_000, 3], axes: [1] },
  ])("on $name", ({ shape, axes }) => {
    for (const kind of ["sum", "max"])
      expectReference("reduce", [integers(shape, 3)], { kind, axes, accumulate: "f32" });
  });

  test.each(["i32", "u32"] as const)("on %s, with values beyond f32's precision", (dtype) => {
    const data = value(
      dtype,
      [3, 700],
      Array.from({ length: 2100 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 9),
    );
    for (const kind of ["sum", "max", "min"]) {
      for (const axes of [[0], [1], [0, 1]]) expectReference("reduce", [data], { kind, axes, accumulate: dtype });
    }
  });

  test("the sum of nothing is 0", () => {
    const found = runKernel1("reduce", [value("f32", [0, 3], [])], {
      kind: "sum",
      axes: [0],
      accumulate: "f32",
    });
    expect([...found.data]).toEqual([0, 0, 0]);
  });

  test("a sum over a million elements loses little", () => {
    const terms = value("f32", [2 ** 20], Array(2 ** 20).fill(0.1));
    const found = runKernel1("reduce", [terms], { kind: "sum", axes: [0], accumulate: "f32" }).data[0] ?? 0;
    expect(Math.abs(found / (2 ** 20 * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
  });

  test("a maximum passes NaN on", () => {
    const withNan = value(
      "f32",
      [2, 20],
      Array.from({ length: 40 }, (_, index) => (index === 25 ? Number.NaN : index)),
    );
    const found = runKernel1("reduce", [withNan], { kind: "max", axes: [1], accumulate: "f32" });
    expect([...found.data]).toEqual([19, Number.NaN]);
  });
});
