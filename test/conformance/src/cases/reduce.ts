// Reductions over every choice of axes, ties, and what is built on them.
import type { Tensor } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { distinct, exactly, normal } from "../inputs.ts";

const axesOfFour: readonly (number | readonly number[] | undefined)[] = [
  undefined,
  0,
  1,
  3,
  [0, 1],
  [0, 2],
  [1, 2],
  [0, 1, 2],
  [0, 2, 3],
  [2, 3],
  -1,
];

const kinds: readonly (readonly [name: string, (x: Tensor, axes: number | readonly number[] | undefined) => Tensor])[] =
  [
    ["sum", (x, axes) => x.sum(axes)],
    ["max", (x, axes) => x.max(axes)],
    ["min", (x, axes) => x.min(axes, { keepDimensions: true })],
  ];

export const reduceCases: readonly ConformanceCase[] = [
  ...kinds.flatMap(([name, reduce]) =>
    axesOfFour.map((axes) =>
      testCase(`${name} over ${JSON.stringify(axes ?? "all")}`, { x: distinct([2, 3, 4, 5]) }, ({ x }) =>
        reduce(x, axes),
      ),
    ),
  ),
  testCase("sum over an axis of one", { x: normal([3, 1, 5]) }, ({ x }) => x.sum(1)),
  testCase("sum over no axes", { x: normal([3, 5]) }, ({ x }) => x.sum([])),
  testCase("sum of a scalar", { x: normal([]) }, ({ x }) => x.sum()),
  testCase("sum of many", { x: normal([3, 4099]) }, ({ x }) => ({ rows: x.sum(1), columns: x.sum(0), all: x.sum() })),
  testCase("mean", { x: normal([2, 3, 4, 5]) }, ({ x }) => ({
    all: x.mean(),
    some: x.mean([1, 3]),
    kept: x.mean(0, { keepDimensions: true }),
  })),
  testCase(
    "variance",
    { x: normal([4, 7]) },
    ({ x }) =>
      x
        .sub(x.mean(1, { keepDimensions: true }))
        .square()
        .mean(1),
    {
      secondOrder: true,
    },
  ),
  testCase("max of equals", { x: exactly("float", [2, 3], [1, 1, 0, 2, 2, 2]) }, ({ x }) => x.max(1), {
    differentiable: "none",
  }),
  testCase(
    "argmax",
    { x: distinct([3, 4, 5]) },
    ({ x }) => ({ last: x.argmax(), first: x.argmax(0), middle: x.argmax(1) }),
    {
      differentiable: "none",
    },
  ),
  testCase(
    "argmax of equals is the first",
    { x: exactly("float", [2, 4], [1, 3, 3, 1, 5, 5, 5, 5]) },
    ({ x }) => x.argmax(1),
    {
      differentiable: "none",
    },
  ),
  testCase(
    "logSumExp",
    { x: normal([3, 6], 3) },
    ({ x }) => ({ rows: x.logSumExp(1), kept: x.logSumExp(0, { keepDimensions: true }), all: x.logSumExp() }),
    {
      secondOrder: true,
    },
  ),
  testCase(
    "logSumExp of large arguments",
    { x: exactly("float", [2, 3], [1000, 999, -1000, -1000, -1001, -1000.5]) },
    ({ x }) => x.logSumExp(1),
  ),
];
