import {
  broadcastStrides,
  type DType,
  elementCount,
  rowMajorStrides,
  type Scalar,
  type ScalarOp,
  type ScalarProgram,
  type Shape,
  scalarEvaluator,
  scalarOps,
  scalarProgram,
  scalarRule,
} from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runKernel, type Value, value } from "../kernels/run-kernel.test-support.ts";
import type { LaneType } from "./lanes.ts";

const laneTypes: readonly LaneType[] = ["f32", "i32", "u32", "bool"];

/** Numbers on which operations are easily wrong. */
const specimens: Readonly<Record<LaneType, readonly number[]>> = {
  f32: [
    0,
    -0,
    1,
    -1,
    0.5,
    -2.25,
    3.75,
    1e-30,
    -1e30,
    100,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ],
  i32: [0, 1, -1, 2, -3, 7, 31, 32, 33, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321],
  u32: [0, 1, 2, 3, 5, 31, 32, 33, 2 ** 31, 2 ** 32 - 1, 2 ** 31 - 1, 4000000000, 16777217],
  bool: [0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1],
};

/** What each element should be, by the definition of scalar programs. */
function expected(program: ScalarProgram, shape: Shape, inputs: readonly Value[]): number[][] {
  const evaluate = scalarEvaluator(program);
  const strides = rowMajorStrides(shape);
  const readStrides = inputs.map(({ type }) => broadcastStrides(type.shape, shape));
  const outputs = program.outputs.map((): number[] => []);
  for (let position = 0; position < elementCount(shape); position++) {
    const coordinates = shape.map((extent, axis) => Math.floor(position / (strides[axis] ?? 1)) % extent);
    const elements = inputs.map(({ data }, input) => {
      const offset = coordinates.reduce((sum, at, axis) => sum + at * (readStrides[input]?.[axis] ?? 0), 0);
      return data[offset] ?? 0;
    });
    for (const [index, result] of evaluate(elements, coordinates).entries()) outputs[index]?.push(result);
  }
  return outputs;
}

function found(program: ScalarProgram, shape: Shape, inputs: readonly Value[]): number[][] {
  return runKernel("map", inputs, { body: program, shape: [...shape] }).map(({ data }) => [...data]);
}

const domains = {
  any: laneTypes,
  float: ["f32"],
  number: ["f32", "i32", "u32"],
  integer: ["i32", "u32", "bool"],
  bool: ["bool"],
} satisfies Record<string, readonly LaneType[]>;

/** Operations that the machine computes in another way than JavaScript does, to a few units in the last place. */
const approximate: ReadonlySet<ScalarOp> = new Set(["rsqrt", "exp", "log", "tanh", "sigmoid", "sin", "cos", "pow"]);

/** Below the smallest normal f32, precision is lost. */
const SMALLEST = 2 ** -126;

const operations = scalarOps.flatMap((op) => domains[scalarRule(op).domain].map((dtype) => ({ op, dtype })));

describe("every operation on every type, in vectors and in what is left of them", () => {
  test.each(operations)("$op on $dtype", ({ op, dtype }) => {
    const { arity } = scalarRule(op);
    const types: DType[] = op === "select" ? ["bool", dtype, dtype] : Array<DType>(arity).fill(dtype);
    const program = scalarProgram(types, ([a, ...others]) => (a === undefined ? [] : [a.apply(op, ...others)]));
    const all = specimens[dtype];
    const pairs = all.flatMap((a) => all.map((b) => [a, b] as const));
    const inputs = types.map((type, index) => {
      if (type !== dtype)
        return value(
          type,
          [pairs.length],
          pairs.map((_, at) => at % 2),
        );
      return value(
        type,
        [pairs.length],
        pairs.map(([a, b]) => (index === types.length - 1 && arity > 1 ? b : a)),
      );
    });
    const [results = []] = found(program, [pairs.length], inputs);
    const [wanted = []] = expected(program, [pairs.length], inputs);
    for (const [index, want] of wanted.entries()) {
      const have = results[index] ?? 0;
      const operands = `${op}(${pairs[index]})`;
      if (!approximate.has(op) || !Number.isFinite(want)) expect(have + 0, operands).toEqual(want + 0);
      else expect(Math.abs(have - want), operands).toBeLessThanOrEqual(1e-6 * Math.abs(want) + SMALLEST);
    }
  });
});

describe("conversions", () => {
  const kinds = laneTypes.flatMap((from) => laneTypes.map((to) => ({ from, to })));
  test.each(kinds)("$from to $to", ({ from, to }) => {
    const program = scalarProgram([from], ([a]) => (a === undefined ? [] : [a.cast(to)]));
    const finite = specimens[from].filter((number) => Math.abs(number) < 2 ** 53);
    const inputs = [value(from, [finite.length], finite)];
    expect(found(program, [finite.length], inputs)).toEqual(expected(program, [finite.length], inputs));
  });

  test.each([
    ["f32", "u32"],
    ["u32", "f32"],
    ["f32", "i32"],
    ["i32", "u32"],
  ] as const)("the bits of %s as %s", (from, to) => {
    const program = scalarProgram([from], ([a]) => (a === undefined ? [] : [a.bitcast(to)]));
    const numbers = specimens[from].filter((number) => !Number.isNaN(number));
    const inputs = [value(from, [numbers.length], numbers)];
    expect(found(program, [numbers.length], inputs)).toEqual(expected(program, [numbers.length], inputs));
  });
});

/** a * b + position along every axis, with two outputs, so that what broadcasts and what moves all shows. */
function indexed(rank: number): ScalarProgram {
  return scalarProgram(["i32", "i32"], ([a, b], builder) => {
    if (a === undefined || b === undefined) return [];
    const axes = Array.from({ length: rank }, (_, axis) => builder.coordinate(axis).cast("i32"));
    const sum = axes.reduce((so: Scalar, axis, index) => so.add(axis.mul(10 ** index)), a.mul(b));
    return [sum, a.sub(b)];
  });
}

test("any broadcast, with coordinates and two outputs", () => {
  const broadcast = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 4 }).chain((shape) => {
    const input = fc
      .record({
        skipped: fc.integer({ min: 0, max: shape.length }),
        flat: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      })
      .map(({ skipped, flat }) => shape.slice(skipped).map((extent, axis) => (flat[axis] === true ? 1 : extent)));
    return fc.record({ shape: fc.constant(shape), a: input, b: input, isIndexed: fc.boolean() });
  });
  fc.assert(
    fc.property(broadcast, ({ shape, a, b, isIndexed }) => {
      const program = indexed(isIndexed ? shape.length : 0);
      const inputs = [a, b].map((of, index) =>
        value(
          "i32",
          of,
          Array.from({ length: elementCount(of) }, (_, at) => at * 3 + index + 1),
        ),
      );
      expect(found(program, shape, inputs)).toEqual(expected(program, shape, inputs));
    }),
    { numRuns: 150 },
  );
});

describe("powers with constant exponents", () => {
  test.each([-4, -2, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.75, 2, 3, 3.5, 0.3, 7])("x^%d", (exponent) => {
    const program = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.pow(exponent)]));
    const bases = [0.001, 0.5, 1, 1.5, 2, 3.25, 10, 123.5, 7];
    const [results = []] = found(program, [bases.length], [value("f32", [bases.length], bases)]);
    for (const [index, base] of bases.entries()) {
      expect(Math.abs((results[index] ?? 0) / Math.fround(base) ** exponent - 1)).toBeLessThan(5e-7);
    }
  });
});

test("a map of no elements does nothing", () => {
  const program = indexed(0);
  expect(found(program, [0, 3], [value("i32", [0, 3], []), value("i32", [3], [1, 2, 3])])).toEqual([[], []]);
});
