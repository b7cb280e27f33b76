// The one table of scalar operations: what each computes, its type, its cost, and its derivative.
// Ties and derivatives at zero are PyTorch's: relu and abs have slope 0 at 0; max and min share a tie equally.
import { type DType, isFloat, roundTo } from "../dtype.ts";
import type { Scalar } from "./builder.ts";

/** Cotangents of the arguments, given the arguments, the result and its cotangent; `undefined` where there is none. */
type ScalarDerivative = (context: {
  readonly args: readonly [Scalar, Scalar, Scalar];
  readonly output: Scalar;
  readonly cotangent: Scalar;
}) => readonly (Scalar | undefined)[];

export interface ScalarRule {
  readonly arity: 1 | 2 | 3;
  /** Type of the result: that of the last argument, or bool. */
  readonly result: "argument" | "bool";
  readonly domain: "any" | "float" | "number" | "integer" | "bool";
  /** Operations of a scalar pipeline, roughly: what fusion weighs before it repeats one. */
  readonly cost: number;
  /** Evaluates in float64 or on 32-bit integers, to be rounded to the result's type; `dtype` is the last argument's type. */
  readonly evaluate: (dtype: DType, a: number, b: number, c: number) => number;
  readonly derivative?: ScalarDerivative;
}

const truth = (condition: boolean): number => (condition ? 1 : 0);
const half = (cotangent: Scalar): Scalar => cotangent.mul(0.5);

/** The cotangent of the argument that wins, halved on a tie. */
function shareTie(wins: Scalar, ties: Scalar, cotangent: Scalar): Scalar {
  return ties.select(half(cotangent), wins.select(cotangent, cotangent.literal(0)));
}

function integerDivision(dtype: DType, a: number, b: number): number {
  return isFloat(dtype) ? a / b : b === 0 ? 0 : Math.trunc(a / b);
}

function compare(test: (a: number, b: number) => boolean): ScalarRule {
  return { arity: 2, result: "bool", domain: "any", cost: 1, evaluate: (_, a, b) => truth(test(a, b)) };
}

function bitwise(evaluate: (a: number, b: number) => number): ScalarRule {
  return { arity: 2, result: "argument", domain: "integer", cost: 1, evaluate: (_, a, b) => evaluate(a, b) };
}

export type ScalarOp =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "rsqrt"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "floor"
  | "sin"
  | "cos"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "min"
  | "max"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "not"
  | "select";

const rules: Readonly<Record<ScalarOp, ScalarRule>> = {
  neg: {
    arity: 1,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a) => -a,
    derivative: ({ cotangent }) => [cotangent.neg()],
  },
  abs: {
    arity: 1,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a) => Math.abs(a),
    derivative: ({ args: [a], cotangent }) => [
      a.gt(0).select(cotangent, a.lt(0).select(cotangent.neg(), cotangent.literal(0))),
    ],
  },
  exp: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 16,
    evaluate: (_, a) => Math.exp(a),
    derivative: ({ output, cotangent }) => [cotangent.mul(output)],
  },
  log: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 16,
    evaluate: (_, a) => Math.log(a),
    derivative: ({ args: [a], cotangent }) => [cotangent.div(a)],
  },
  sqrt: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 4,
    evaluate: (_, a) => Math.sqrt(a),
    derivative: ({ output, cotangent }) => [cotangent.mul(0.5).div(output)],
  },
  rsqrt: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 6,
    evaluate: (_, a) => 1 / Math.sqrt(a),
    derivative: ({ args: [a], output, cotangent }) => [cotangent.mul(-0.5).mul(output).div(a)],
  },
  tanh: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 20,
    evaluate: (_, a) => Math.tanh(a),
    derivative: ({ output, cotangent }) => [cotangent.mul(output.mul(output).neg().add(1))],
  },
  sigmoid: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 20,
    evaluate: (_, a) => 1 / (1 + Math.exp(-a)),
    derivative: ({ output, cotangent }) => [cotangent.mul(output.mul(output.neg().add(1)))],
  },
  relu: {
    arity: 1,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a) => Math.max(a, 0),
    derivative: ({ output, cotangent }) => [output.le(0).select(cotangent.literal(0), cotangent)],
  },
  floor: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 1,
    evaluate: (_, a) => Math.floor(a),
  },
  sin: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 20,
    evaluate: (_, a) => Math.sin(a),
    derivative: ({ args: [a], cotangent }) => [cotangent.mul(a.cos())],
  },
  cos: {
    arity: 1,
    result: "argument",
    domain: "float",
    cost: 20,
    evaluate: (_, a) => Math.cos(a),
    derivative: ({ args: [a], cotangent }) => [cotangent.mul(a.sin()).neg()],
  },
  add: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a, b) => a + b,
    derivative: ({ cotangent }) => [cotangent, cotangent],
  },
  sub: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a, b) => a - b,
    derivative: ({ cotangent }) => [cotangent, cotangent.neg()],
  },
  mul: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (dtype, a, b) => (isFloat(dtype) ? a * b : Math.imul(a, b)),
    derivative: ({ args: [a, b], cotangent }) => [cotangent.mul(b), cotangent.mul(a)],
  },
  div: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 4,
    evaluate: integerDivision,
    derivative: ({ args: [, b], output, cotangent }) => [cotangent.div(b), cotangent.mul(output).div(b).neg()],
  },
  pow: {
    arity: 2,
    result: "argument",
    domain: "float",
    cost: 32,
    evaluate: (_, a, b) => a ** b,
    derivative: ({ args: [a, b], output, cotangent }) => [
      b.eq(0).select(cotangent.literal(0), cotangent.mul(b).mul(a.pow(b.sub(1)))),
      a.eq(0).select(cotangent.literal(0), cotangent.mul(output).mul(a.log())),
    ],
  },
  min: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a, b) => Math.min(a, b),
    derivative: ({ args: [a, b], cotangent }) => [
      shareTie(a.lt(b), a.eq(b), cotangent),
      shareTie(b.lt(a), a.eq(b), cotangent),
    ],
  },
  max: {
    arity: 2,
    result: "argument",
    domain: "number",
    cost: 1,
    evaluate: (_, a, b) => Math.max(a, b),
    derivative: ({ args: [a, b], cotangent }) => [
      shareTie(a.gt(b), a.eq(b), cotangent),
      shareTie(b.gt(a), a.eq(b), cotangent),
    ],
  },
  eq: compare((a, b) => a === b),
  ne: compare((a, b) => a !== b),
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
  and: bitwise((a, b) => a & b),
  or: bitwise((a, b) => a | b),
  xor: bitwise((a, b) => a ^ b),
  shl: bitwise((a, b) => a << b),
  shr: {
    arity: 2,
    result: "argument",
    domain: "integer",
    cost: 1,
    evaluate: (dtype, a, b) => (dtype === "i32" ? a >> b : a >>> b),
  },
  not: { arity: 1, result: "argument", domain: "bool", cost: 1, evaluate: (_, a) => truth(a === 0) },
  select: {
    arity: 3,
    result: "argument",
    domain: "any",
    cost: 1,
    evaluate: (_, condition, a, b) => (condition !== 0 ? a : b),
    derivative: ({ args: [condition], cotangent }) => [
      undefined,
      condition.select(cotangent, cotangent.literal(0)),
      condition.select(cotangent.literal(0), cotangent),
    ],
  },
};

export function scalarRule(op: ScalarOp): ScalarRule {
  return rules[op];
}

export const scalarOps: readonly ScalarOp[] = Object.keys(rules) as ScalarOp[];

const word = new DataView(new ArrayBuffer(4));

/** Evaluates one operation and rounds to its result type. */
export function evaluateScalarOp(op: ScalarOp, argument: DType, result: DType, a: number, b = 0, c = 0): number {
  return roundTo(result, rules[op].evaluate(argument, a, b, c));
}

export function castScalar(to: DType, value: number): number {
  if (isFloat(to) || to === "bool") return roundTo(to, value);
  return roundTo(to, Math.trunc(value));
}

/** Reinterprets the 32 bits of a value: f32, i32 and u32 only. */
export function bitcastScalar(from: DType, to: DType, value: number): number {
  if (from === "f32") word.setFloat32(0, value);
  else word.setInt32(0, value | 0);
  if (to === "f32") return word.getFloat32(0);
  return to === "i32" ? word.getInt32(0) : word.getUint32(0);
}
