// Integers, booleans, conversions and bits: all exact on every backend.
import * as t from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { bools, distinct, exactly, integers, normal, words } from "../inputs.ts";

type Binary = (a: t.TensorOrNumber, b: t.TensorOrNumber) => t.Tensor;

const arithmetic: readonly (readonly [name: string, Binary])[] = [
  ["add", t.add],
  ["sub", t.sub],
  ["mul", t.mul],
  ["div", t.div],
  ["minimum", t.minimum],
  ["maximum", t.maximum],
  ["less", t.less],
  ["equal", t.equal],
];
const bitwise: readonly (readonly [name: string, Binary])[] = [
  ["and", t.and],
  ["or", t.or],
  ["xor", t.xor],
];

export const integerCases: readonly ConformanceCase[] = [
  ...arithmetic.map(([name, f]) =>
    testCase(`${name} of i32`, { a: integers("i32", [3, 5], -9, 9), b: integers("i32", [5], 1, 4) }, ({ a, b }) =>
      f(a, b),
    ),
  ),
  ...arithmetic.map(([name, f]) =>
    testCase(`${name} of u32`, { a: words([3, 5]), b: words([5]) }, ({ a, b }) => f(a, b)),
  ),
  ...bitwise.map(([name, f]) => testCase(`${name} of u32`, { a: words([7]), b: words([7]) }, ({ a, b }) => f(a, b))),
  ...bitwise.map(([name, f]) => testCase(`${name} of bool`, { a: bools([9]), b: bools([9]) }, ({ a, b }) => f(a, b))),
  testCase("i32 wraps around", { a: exactly("i32", [3], [2147483647, -2147483648, 65537]) }, ({ a }) => ({
    sum: a.add(1),
    difference: a.sub(1),
    product: a.mul(65537),
    negated: a.neg(),
    magnitude: a.abs(),
  })),
  testCase("shifts of u32", { a: words([5]) }, ({ a }) => ({ left: t.shiftLeft(a, 13), right: t.shiftRight(a, 19) })),
  testCase("shifts of i32", { a: integers("i32", [5], -99, 99) }, ({ a }) => ({
    left: t.shiftLeft(a, 3),
    right: t.shiftRight(a, 2),
  })),
  testCase("not", { a: bools([5]) }, ({ a }) => t.not(a)),
  testCase(
    "where on integers and bool",
    { condition: bools([5]), a: words([5]), b: bools([5]) },
    ({ condition, a, b }) => ({
      words: condition.where(a, 7),
      bools: condition.where(b, t.not(b)),
    }),
  ),

  testCase(
    "cast between floats and integers",
    { x: exactly("float", [6], [1.5, -1.5, 0, -0.25, 100.99, -7]) },
    ({ x }) => ({
      toI32: x.cast("i32"),
      toBool: x.cast("bool"),
      magnitude: x.abs().cast("u32"),
      andBack: x.cast("i32").cast(x.dtype),
    }),
    { differentiable: "none" },
  ),
  testCase("cast between integers and bool", { a: integers("i32", [7], -2, 2), b: bools([7]) }, ({ a, b }) => ({
    toBool: a.cast("bool"),
    toI32: b.cast("i32"),
    toU32: a.cast("u32"),
    toF32: a.cast("f32"),
    count: b.cast("i32").sum(),
  })),
  testCase(
    "isNonFinite",
    { x: exactly("float", [6], [0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38]) },
    ({ x }) => t.isNonFinite(x),
    { truth: "single" },
  ),

  testCase("sum of i32", { a: integers("i32", [3, 4, 5], -9, 9) }, ({ a }) => ({ rows: a.sum(1), all: a.sum() })),
  testCase("sum of u32 wraps", { a: words([3, 7]) }, ({ a }) => a.sum(1)),
  testCase("max and min of i32", { a: integers("i32", [3, 7], -99, 99) }, ({ a }) => ({ max: a.max(0), min: a.min() })),
  testCase("max of u32", { a: words([3, 7]) }, ({ a }) => a.max(1)),
  testCase("argmax of i32", { a: integers("i32", [4, 6], -3, 3) }, ({ a }) => a.argmax(1)),
  testCase(
    "argmax of a float comparison",
    { a: distinct([4, 6]), b: normal([4, 6]) },
    ({ a, b }) => a.greater(b).cast("i32").argmax(0),
    {
      differentiable: "none",
    },
  ),

  testCase("movement of i32", { a: integers("i32", [2, 3, 4], -9, 9) }, ({ a }) => ({
    transposed: a.transpose([2, 0, 1]),
    sliced: a.slice([0, 1, 0], [2, 3, 4], [1, 1, 3]),
    padded: t.pad(a, { before: [0, 1, 0], after: [1, 0, 2], value: -7 }),
    flipped: a.flip([0, 2]),
    joined: t.concatenate([a, a.neg()], 1),
  })),
  testCase("movement of u32 and bool", { a: words([3, 4]), b: bools([3, 4]) }, ({ a, b }) => ({
    transposed: a.transpose(),
    flipped: b.flip(1),
    sliced: a.sliceAxis(1, 1, 3),
    padded: t.pad(a, { before: [1, 0], after: [0, 1], value: 0xfffffff0 }),
    joined: t.concatenate([b, b], 0),
  })),
];
