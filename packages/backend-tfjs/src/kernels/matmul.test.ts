import { type Attributes, scalarProgram } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../machine.ts";
import { integers, openMachine, referenceResult, runKernel1, type Value, value } from "./run-kernel.test-support.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});

function expectReference(op: string, inputs: readonly Value[], attributes: Attributes): void {
  expect(runKernel1(machine, op, inputs, attributes).data).toEqual(referenceResult(op, inputs, attributes));
}

describe("products are what the reference does", () => {
  const sizes = fc.record({
    m: fc.integer({ min: 1, max: 40 }),
    k: fc.integer({ min: 1, max: 40 }),
    n: fc.integer({ min: 1, max: 40 }),
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("transposed: %s, %s", (transposeA, transposeB) => {
    fc.assert(
      fc.property(sizes, fc.constantFrom([], [2], [2, 3]), ({ m, k, n }, batch) => {
        const a = integers([...batch, ...(transposeA ? [k, m] : [m, k])], 11);
        const b = integers([...batch, ...(transposeB ? [n, k] : [k, n])], 12);
        expectReference("matmul", [a, b], { transposeA, transposeB, accumulate: "f32" });
      }),
      { numRuns: 25 },
    );
  });

  test("the sum over no terms is 0, to which an epilogue is applied", () => {
    const none = { transposeA: false, transposeB: false, accumulate: "f32" };
    const empty = [value("f32", [2, 0], []), value("f32", [0, 2], [])];
    expectReference("matmul", empty, none);
    const plusOne = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.add(1)]));
    expectReference("matmul", empty, { ...none, epilogue: plusOne });
  });

  test("an epilogue sees the product and its own operands", () => {
    const biased = scalarProgram(["f32", "f32", "i32"], ([a, bias, limit]) =>
      a === undefined || bias === undefined || limit === undefined ? [] : [a.add(bias).min(limit.cast("f32"))],
    );
    const inputs = [
      integers([5, 7], 19),
      integers([7, 9], 20),
      integers([9], 21),
      value("i32", [5, 1], [1, 2, 3, 4, 5]),
    ];
    const attributes = { transposeA: false, transposeB: false, accumulate: "f32", epilogue: biased };
    expectReference("matmul", inputs, attributes);
  });
});
