// Elementwise arithmetic on floats: every function, broadcasting, numbers among the operands, several outputs.
import * as t from "@tandem/core";
import { type CaseOptions, type ConformanceCase, testCase } from "../case.ts";
import { awayFromZero, between, bools, distinct, exactly, type Input, normal } from "../inputs.ts";

type Unary = (x: t.Tensor) => t.Tensor;
type Binary = (a: t.TensorOrNumber, b: t.TensorOrNumber) => t.Tensor;

const unary: readonly (readonly [name: string, Unary, input: Input, options?: CaseOptions<"x">])[] = [
  ["neg", t.neg, normal([3, 5])],
  ["abs", t.abs, awayFromZero([3, 5])],
  ["exp", t.exp, normal([3, 5]), { secondOrder: true }],
  ["log", t.log, between([3, 5], 0.05, 9)],
  ["sqrt", t.sqrt, between([3, 5], 0.05, 9), { secondOrder: true }],
  ["rsqrt", t.rsqrt, between([3, 5], 0.05, 9)],
  ["square", t.square, normal([3, 5])],
  ["tanh", t.tanh, normal([7, 3], 2), { secondOrder: true }],
  ["tanh of large arguments", t.tanh, exactly("float", [6], [-1000, -100, -20, 20, 100, 1000])],
  ["sigmoid", t.sigmoid, normal([7, 3], 3), { secondOrder: true }],
  ["sigmoid of large arguments", t.sigmoid, exactly("float", [4], [-1000, -90, 90, 1000])],
  ["relu", t.relu, awayFromZero([7, 3])],
  ["relu of zeros", t.relu, exactly("float", [4], [0, -0, 1, -1]), { differentiable: "none" }],
  ["floor", t.floor, normal([3, 5], 3), { differentiable: "none" }],
  ["sin", t.sin, normal([3, 5], 3)],
  ["cos", t.cos, normal([3, 5], 3)],
];

const binary: readonly (readonly [
  name: string,
  Binary,
  left: Input,
  right: Input,
  options?: CaseOptions<"a" | "b">,
])[] = [
  ["add", t.add, normal([3, 5]), normal([3, 5])],
  ["sub", t.sub, normal([3, 5]), normal([3, 5])],
  ["mul", t.mul, normal([3, 5]), normal([3, 5]), { secondOrder: true }],
  ["div", t.div, normal([3, 5]), awayFromZero([3, 5], 0.3), { secondOrder: true }],
  ["pow", t.pow, between([3, 5], 0.3, 2), normal([3, 5])],
  ["minimum", t.minimum, distinct([3, 5]), normal([3, 5])],
  ["maximum", t.maximum, distinct([3, 5]), normal([3, 5])],
  [
    "maximum with ties",
    t.maximum,
    exactly("float", [3], [1, 2, 3]),
    exactly("float", [3], [1, 3, 2]),
    { differentiable: "none" },
  ],
];

const comparisons: readonly (readonly [name: string, Binary])[] = [
  ["equal", t.equal],
  ["notEqual", t.notEqual],
  ["less", t.less],
  ["lessEqual", t.lessEqual],
  ["greater", t.greater],
  ["greaterEqual", t.greaterEqual],
];

const broadcasts: readonly (readonly [left: readonly number[], right: readonly number[]])[] = [
  [[2, 3], []],
  [[], [2, 3]],
  [[3, 4], [4]],
  [[4], [3, 4]],
  [
    [3, 1, 5],
    [4, 1],
  ],
  [
    [2, 4, 4, 3],
    [1, 1, 1, 3],
  ],
  [
    [2, 1, 4, 1],
    [1, 3, 1, 5],
  ],
  [
    [1, 1],
    [1, 1],
  ],
];

export const elementwiseCases: readonly ConformanceCase[] = [
  ...unary.map(([name, f, x, options]) => testCase(name, { x }, (inputs) => f(inputs.x), options)),
  ...unary.slice(0, 4).map(([name, f]) => testCase(`${name} of a scalar`, { x: between([], 0.5, 1) }, ({ x }) => f(x))),
  ...binary.map(([name, f, a, b, options]) => testCase(name, { a, b }, (inputs) => f(inputs.a, inputs.b), options)),
  ...comparisons.map(([name, f]) =>
    testCase(
      name,
      { a: exactly("float", [5], [1, 2, 3, -1, 0]), b: exactly("float", [5], [2, 2, 2, -1, -0]) },
      ({ a, b }) => f(a, b),
      { differentiable: "none" },
    ),
  ),
  ...broadcasts.map(([left, right]) =>
    testCase(`mul [${left}] by [${right}]`, { a: normal(left), b: normal(right) }, ({ a, b }) => a.mul(b)),
  ),
  testCase("a number on the right", { x: normal([5]) }, ({ x }) => x.sub(0.5).mul(3).div(7)),
  testCase("a number on the left", { x: awayFromZero([5]) }, ({ x }) => t.div(2, t.sub(1, t.mul(0.25, x)))),
  testCase("pow with a number", { x: between([3, 5], 0.3, 2) }, ({ x }) => x.pow(-0.75), { secondOrder: true }),
  testCase("pow of negative numbers to whole powers", { x: awayFromZero([3, 5]) }, ({ x }) => x.pow(3).add(x.pow(2))),
  testCase("clamp", { x: distinct([41]) }, ({ x }) => x.clamp(-0.73, 1.11)),
  testCase("where", { condition: bools([3, 5]), a: normal([3, 5]), b: normal([5]) }, ({ condition, a, b }) =>
    condition.where(a, b),
  ),
  testCase("where with a number", { condition: bools([3, 5]), a: normal([3, 5]) }, ({ condition, a }) => ({
    right: condition.where(a, 0.5),
    left: condition.where(-1, a),
  })),
  testCase("where a comparison holds", { a: distinct([4, 4]), b: normal([4, 4]) }, ({ a, b }) =>
    a.greater(b).where(a.mul(b), b.exp()),
  ),
  testCase("broadcastTo", { x: normal([3, 1]) }, ({ x }) => x.broadcastTo([2, 3, 4])),
  testCase("a value used five times", { x: normal([3, 4]) }, ({ x }) => x.mul(x).add(x.tanh().mul(x)).add(x), {
    secondOrder: true,
  }),
  testCase(
    "two outputs of one map",
    { parameter: normal([3, 5]), velocity: normal([3, 5]), gradient: normal([3, 5]) },
    ({ parameter, velocity, gradient }) => {
      const [newParameter = parameter, newVelocity = velocity] = t.map([parameter, velocity, gradient], ([p, v, g]) => {
        if (p === undefined || v === undefined || g === undefined) return [];
        const next = v.mul(0.9).sub(p.mul(0.0005).add(g).mul(0.01));
        return [p.add(next), next];
      });
      return { parameter: newParameter, velocity: newVelocity };
    },
  ),
  testCase("indices and full", { x: normal([3, 4]) }, ({ x }) =>
    x
      .mul(t.indices([3, 4], 1, { dtype: x.dtype }))
      .add(t.indices([3, 1], 0, { dtype: x.dtype }))
      .add(t.full([4], 0.25, { dtype: x.dtype })),
  ),
];
