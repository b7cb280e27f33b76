// Ops that move elements: odd sizes, steps with leftovers, every axis, and their gradients (each other).
import { concatenate, pad } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { normal } from "../inputs.ts";

const permutations: readonly (readonly number[])[] = [
  [0, 1, 3, 2],
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [1, 0, 2, 3],
  [2, 3, 0, 1],
  [3, 0, 1, 2],
  [3, 1, 2, 0],
  [3, 2, 1, 0],
];

const slices: readonly (readonly [starts: readonly number[], ends: readonly number[], steps: readonly number[]])[] = [
  [
    [0, 1, 0],
    [2, 6, 8],
    [1, 2, 3],
  ],
  [
    [1, 0, 0],
    [2, 7, 8],
    [1, 1, 1],
  ],
  [
    [0, 0, 2],
    [2, 7, 3],
    [1, 1, 1],
  ],
  [
    [0, 0, 0],
    [2, 7, 8],
    [2, 7, 5],
  ],
  [
    [0, 6, 7],
    [1, 7, 8],
    [1, 1, 1],
  ],
];

const paddings: readonly (readonly [
  before: readonly number[],
  after: readonly number[],
  interior: readonly number[],
  value: number,
])[] = [
  [[0, 0, 1], [0, 3, 2], [0, 0, 0], 0.5],
  [[1, 2, 3], [3, 2, 1], [0, 0, 0], 0],
  [[0, 0, 0], [0, 0, 0], [1, 2, 3], 0],
  [[1, 0, 2], [0, 1, 0], [0, 1, 2], -1],
];

export const movementCases: readonly ConformanceCase[] = [
  testCase("reshape", { x: normal([2, 3, 4]) }, ({ x }) => ({
    wide: x.reshape([4, 6]),
    flat: x.reshape([-1]),
    more: x.reshape([2, 1, 3, 4, 1]),
  })),
  testCase("reshape of one element", { x: normal([1, 1]) }, ({ x }) => x.reshape([])),
  ...permutations.map((permutation) =>
    testCase(`transpose by [${permutation}]`, { x: normal([2, 3, 4, 5]) }, ({ x }) => x.transpose(permutation)),
  ),
  testCase("transpose of a matrix", { x: normal([17, 9]) }, ({ x }) => x.transpose()),
  testCase("transpose with axes of one", { x: normal([1, 5, 1, 3]) }, ({ x }) => x.transpose([2, 3, 0, 1])),
  testCase("transpose of five axes", { x: normal([2, 3, 2, 3, 2]) }, ({ x }) => x.transpose([4, 2, 0, 3, 1])),
  ...slices.map(([starts, ends, steps]) =>
    testCase(`slice [${starts}] to [${ends}] by [${steps}]`, { x: normal([2, 7, 8]) }, ({ x }) =>
      x.slice(starts, ends, steps),
    ),
  ),
  testCase("slice from the end", { x: normal([7]) }, ({ x }) => x.slice([-4], [-1])),
  testCase("slices of every axis", { x: normal([5, 6, 7]) }, ({ x }) => ({
    first: x.sliceAxis(0, 2, 4),
    middle: x.sliceAxis(1, 0, 5, 2),
    last: x.sliceAxis(-1, 3, 7),
  })),
  ...paddings.map(([before, after, interior, value]) =>
    testCase(`pad [${before}] and [${after}] with [${interior}] between`, { x: normal([2, 3, 4]) }, ({ x }) =>
      pad(x, { before, after, interior, value }),
    ),
  ),
  ...[0, 1, 2].map((axis) =>
    testCase(
      `concatenate along ${axis}`,
      {
        a: normal([2, 3, 4].with(axis, 3)),
        b: normal([2, 3, 4].with(axis, 1)),
        c: normal([2, 3, 4].with(axis, 4)),
      },
      ({ a, b, c }) => concatenate([a, b, c], axis),
    ),
  ),
  testCase("concatenate a value with itself", { a: normal([2, 3]) }, ({ a }) => concatenate([a, a.exp(), a], -1)),
  testCase("flip one axis", { x: normal([2, 3, 5]) }, ({ x }) => x.flip(2)),
  testCase("flip several axes", { x: normal([2, 3, 5, 2]) }, ({ x }) => x.flip([1, 2])),
];
