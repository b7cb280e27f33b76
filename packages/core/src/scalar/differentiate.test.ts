import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType } from "../dtype.ts";
import { type Scalar, scalarProgram } from "./builder.ts";
import { differentiateScalarProgram } from "./differentiate.ts";
import { scalarEvaluator } from "./evaluate.ts";
import { outputTypes, type ScalarProgram } from "./program.ts";
import { type ScalarOp, scalarOps, scalarRule } from "./rules.ts";

/** The program of one operation on f64 operands (select's condition is bool). */
function programOf(op: ScalarOp): ScalarProgram {
  const { arity } = scalarRule(op);
  const types: DType[] = Array.from({ length: arity }, (_, index) => (op === "select" && index === 0 ? "bool" : "f64"));
  return scalarProgram(types, (args, builder) => [builder.apply(op, args)]);
}

const resultOf = (program: ScalarProgram, args: readonly number[]): number =>
  scalarEvaluator(program)(args, [])[0] ?? Number.NaN;

/** Derivative with respect to each argument, given a cotangent of 1; `undefined` where the program has none. */
function slopes(program: ScalarProgram, args: readonly number[]): (number | undefined)[] {
  const types = outputTypes(program);
  const value = resultOf(program, args);
  return args.map((_, index) => {
    const gradient = differentiateScalarProgram(program, types, types, index);
    return gradient && resultOf(gradient, [...args, value, 1]);
  });
}

function finiteDifference(program: ScalarProgram, args: readonly number[], index: number): number {
  const step = 1e-6;
  const shifted = (by: number): number => resultOf(program, args.with(index, (args[index] ?? 0) + by));
  return (shifted(step) - shifted(-step)) / (2 * step);
}

/** Away from kinks and poles: magnitudes from 0.25 to 2 of either sign, and no two closer than 0.05. */
const anySign = fc
  .tuple(fc.double({ min: 0.25, max: 2, noNaN: true }), fc.boolean())
  .map(([magnitude, negative]) => (negative ? -magnitude : magnitude));
const positive = fc.double({ min: 0.25, max: 2, noNaN: true });
const onlyPositive: readonly ScalarOp[] = ["log", "sqrt", "rsqrt", "pow"];

function argumentsOf(op: ScalarOp): fc.Arbitrary<number[]> {
  const { arity } = scalarRule(op);
  if (op === "select") return fc.tuple(fc.constantFrom(0, 1), anySign, anySign);
  const one = onlyPositive.includes(op) ? positive : anySign;
  return fc.array(one, { minLength: arity, maxLength: arity }).filter(([a = 0, b = 9]) => Math.abs(a - b) > 0.05);
}

const differentiable = scalarOps.filter((op) => scalarRule(op).derivative !== undefined);

describe("each derivative is the limit of finite differences", () => {
  test.each(differentiable)("%s", (op) => {
    const program = programOf(op);
    fc.assert(
      fc.property(argumentsOf(op), (args) => {
        for (const [index, slope] of slopes(program, args).entries()) {
          if (program.inputs[index] === "bool") expect(slope).toBeUndefined();
          else expect(slope ?? 0).toBeCloseTo(finiteDifference(program, args, index), 5);
        }
      }),
    );
  });
});

test("the operations without a derivative are the piecewise constant ones and those on integers", () => {
  expect(scalarOps.filter((op) => !differentiable.includes(op))).toEqual([
    "floor",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "xor",
    "shl",
    "shr",
    "not",
  ]);
});

describe("ties and zeros are PyTorch's", () => {
  test.each<{ op: ScalarOp; args: number[]; expected: number[] }>([
    { op: "relu", args: [0], expected: [0] },
    { op: "relu", args: [-0], expected: [0] },
    { op: "abs", args: [0], expected: [0] },
    { op: "max", args: [3, 3], expected: [0.5, 0.5] },
    { op: "min", args: [3, 3], expected: [0.5, 0.5] },
    { op: "sqrt", args: [0], expected: [Number.POSITIVE_INFINITY] },
    { op: "log", args: [0], expected: [Number.POSITIVE_INFINITY] },
    { op: "pow", args: [0, 0], expected: [0, 0] },
    { op: "pow", args: [0, 1], expected: [1, 0] },
    { op: "pow", args: [0, 2], expected: [0, 0] },
    { op: "pow", args: [-2, 3], expected: [12, Number.NaN] },
    { op: "tanh", args: [100], expected: [0] },
    { op: "sigmoid", args: [-1000], expected: [0] },
  ])("$op at $args", ({ op, args, expected }) => {
    expect(slopes(programOf(op), args)).toEqual(expected);
  });
});

describe("programs", () => {
  const only = (body: (a: Scalar, b: Scalar) => Scalar): ScalarProgram =>
    scalarProgram(["f64", "f64"], ([a, b]) => (a && b ? [body(a, b)] : []));

  test("a shared value collects the cotangents of all its uses", () => {
    const program = only((a, b) => {
      const shared = a.mul(b).tanh();
      return shared.mul(shared).add(shared.mul(a));
    });
    const args = [0.7, -0.4];
    for (const [index, slope] of slopes(program, args).entries()) {
      expect(slope).toBeCloseTo(finiteDifference(program, args, index), 8);
    }
  });

  test("an input that is not read, or read only through a comparison, has no gradient", () => {
    const types: DType[] = ["f64"];
    expect(
      differentiateScalarProgram(
        only((a) => a.exp()),
        types,
        types,
        1,
      ),
    ).toBeUndefined();
    expect(
      differentiateScalarProgram(
        only((a, b) => b.lt(0).select(a, a.neg())),
        types,
        types,
        1,
      ),
    ).toBeUndefined();
  });

  test("an output without a cotangent contributes nothing", () => {
    const both = scalarProgram(["f64"], ([a]) => (a ? [a.mul(3), a.mul(5)] : []));
    const gradient = differentiateScalarProgram(both, ["f64", "f64"], [undefined, "f64"], 0);
    expect(gradient && resultOf(gradient, [2, 6, 10, 100, 1])).toBe(5);
  });

  test("no gradient passes through an integer", () => {
    const rounded = only((a) => a.cast("i32").cast("f64"));
    expect(differentiateScalarProgram(rounded, ["f64"], ["f64"], 0)).toBeUndefined();
  });

  test("a gradient that can use the output does not read the input", () => {
    for (const op of ["relu", "tanh", "sigmoid", "exp", "sqrt"] as const) {
      const gradient = differentiateScalarProgram(programOf(op), ["f64"], ["f64"], 0);
      const reads = gradient?.instructions.flatMap((i) => (i.op === "input" ? [i.index] : []));
      expect({ op, reads }).toEqual({ op, reads: [1, 2] });
    }
  });
});
