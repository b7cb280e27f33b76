import { describe, expect, test } from "vitest";
import type { DType } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { scalarProgram } from "./builder.ts";
import { scalarEvaluator } from "./evaluate.ts";
import { bitcastScalar, castScalar, type ScalarOp, scalarOps } from "./rules.ts";

/** Applies one operation to operands of one type; the first operand of select is its condition. */
function apply(op: ScalarOp, dtype: DType, args: readonly number[]): number {
  const types = args.map((_, index): DType => (op === "select" && index === 0 ? "bool" : dtype));
  const program = scalarProgram(types, (operands, builder) => [builder.apply(op, operands)]);
  return scalarEvaluator(program)(args, [])[0] ?? Number.NaN;
}

const examples: readonly (readonly [op: ScalarOp, dtype: DType, args: readonly number[], expected: number])[] = [
  ["neg", "f64", [2], -2],
  ["neg", "u32", [1], 0xffffffff],
  ["abs", "i32", [-7], 7],
  ["exp", "f64", [1], Math.E],
  ["exp", "f32", [1], Math.fround(Math.E)],
  ["log", "f64", [Math.E], 1],
  ["sqrt", "f64", [9], 3],
  ["rsqrt", "f64", [4], 0.5],
  ["tanh", "f64", [0.5], Math.tanh(0.5)],
  ["sigmoid", "f64", [0], 0.5],
  ["sigmoid", "f64", [-1000], 0],
  ["relu", "f32", [-3], 0],
  ["relu", "f32", [Number.NaN], Number.NaN],
  ["relu", "i32", [3], 3],
  ["floor", "f32", [-1.5], -2],
  ["sin", "f64", [1], Math.sin(1)],
  ["cos", "f64", [1], Math.cos(1)],
  ["add", "f32", [2 ** 24, 1], 2 ** 24],
  ["add", "i32", [2 ** 31 - 1, 1], -(2 ** 31)],
  ["add", "u32", [2 ** 32 - 1, 2], 1],
  ["sub", "u32", [1, 2], 2 ** 32 - 1],
  ["mul", "f32", [1.1, 1.1], Math.fround(Math.fround(1.1) * Math.fround(1.1))],
  ["mul", "u32", [0xdeadbeef, 0x9e3779b9], Number((0xdeadbeefn * 0x9e3779b9n) & 0xffffffffn)],
  ["mul", "i32", [-3, 5], -15],
  ["div", "f64", [1, 4], 0.25],
  ["div", "i32", [-7, 2], -3],
  ["div", "u32", [7, 0], 0],
  ["pow", "f64", [2, 10], 1024],
  ["min", "f32", [1, -1], -1],
  ["min", "f32", [1, Number.NaN], Number.NaN],
  ["max", "i32", [1, -1], 1],
  ["eq", "f32", [1, 1], 1],
  ["ne", "f32", [Number.NaN, Number.NaN], 1],
  ["lt", "u32", [1, 0xffffffff], 1],
  ["lt", "i32", [1, -1], 0],
  ["le", "f32", [1, 1], 1],
  ["gt", "bool", [1, 0], 1],
  ["ge", "f32", [1, 2], 0],
  ["and", "u32", [0xff00ff00, 0xffff0000], 0xff000000],
  ["and", "bool", [1, 0], 0],
  ["or", "u32", [0x80000000, 1], 0x80000001],
  ["or", "i32", [-8, 1], -7],
  ["xor", "u32", [0xffffffff, 1], 0xfffffffe],
  ["xor", "bool", [1, 1], 0],
  ["shl", "u32", [3, 31], 0x80000000],
  ["shr", "u32", [0x80000000, 31], 1],
  ["shr", "i32", [-8, 1], -4],
  ["not", "bool", [0], 1],
  ["select", "f32", [1, 5, 6], 5],
  ["select", "u32", [0, 5, 6], 6],
];

describe("each operation", () => {
  test.each(examples)("%s on %s %j is %d", (op, dtype, args, expected) => {
    const inputs = args.map((value) => (dtype === "f32" ? Math.fround(value) : value));
    expect(apply(op, dtype, inputs)).toBe(expected);
  });

  test("has an example", () => {
    expect(new Set(examples.map(([op]) => op))).toEqual(new Set(scalarOps));
  });
});

describe("conversions", () => {
  test.each<[DType, number, number]>([
    ["i32", 1.9, 1],
    ["i32", -1.9, -1],
    ["u32", 3.7, 3],
    ["f32", 0.1, Math.fround(0.1)],
    ["f64", 0.1, 0.1],
    ["bool", 0.25, 1],
    ["bool", 0, 0],
  ])("to %s takes %d to %d", (dtype, from, to) => {
    expect(castScalar(dtype, from)).toBe(to);
  });

  test.each<[DType, DType, number, number]>([
    ["f32", "u32", 1, 0x3f800000],
    ["f32", "u32", -0, 0x80000000],
    ["f32", "u32", Number.POSITIVE_INFINITY, 0x7f800000],
    ["f32", "i32", -2, 0xc0000000 | 0],
    ["u32", "f32", 0x40490fdb, Math.fround(Math.PI)],
    ["i32", "u32", -1, 0xffffffff],
  ])("the bits of %s read as %s take %d to %d", (from, to, value, expected) => {
    expect(bitcastScalar(from, to, value)).toBe(expected);
  });
});

describe("building", () => {
  test("equal instructions are shared and unread ones are dropped", () => {
    const program = scalarProgram(["f32", "f32"], ([a, b]) => {
      if (a === undefined || b === undefined) return [];
      a.exp();
      return [a.add(b).mul(a.add(b))];
    });
    expect(program.instructions.map(({ op }) => op)).toEqual(["input", "input", "add", "mul"]);
  });

  test("constants fold, rounded to their type", () => {
    const program = scalarProgram([], (_, builder) => [builder.constant(1, "f32").div(3)]);
    expect(program.instructions).toEqual([{ op: "constant", dtype: "f32", value: Math.fround(1 / 3) }]);
  });

  test("zero and minus zero are different constants", () => {
    const program = scalarProgram(["f32"], ([a]) => (a ? [a.mul(0), a.mul(-0)] : []));
    expect([...scalarEvaluator(program)([1], [])].map((value) => Object.is(value, -0))).toEqual([false, true]);
  });

  test.each<[string, readonly DType[], ScalarOp, string]>([
    ["mixed types", ["f32", "i32"], "add", "add expects operands of one type, found f32 and i32"],
    ["exp of integers", ["i32"], "exp", "exp expects float operands, found i32"],
    ["bits of floats", ["f32", "f32"], "and", "and expects integer operands, found f32"],
    ["arithmetic on bool", ["bool", "bool"], "add", "add expects number operands, found bool"],
    ["negation of a number", ["f32"], "not", "not expects bool operands, found f32"],
    ["a float as condition", ["f32", "f32", "f32"], "select", "select expects a bool condition, found f32"],
    ["too few operands", ["f32"], "add", "add takes 2 operands, found 1"],
  ])("refuses %s", (_, types, op, message) => {
    const build = () => scalarProgram(types, (args, builder) => [builder.apply(op, args)]);
    expect(build).toThrow(DTypeError);
    expect(build).toThrow(message);
  });
});
