// Max- and average-pooling: overlapping, padded, ragged, with ties.
import { averagePool2d, type PoolOptions } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { distinct, integers, normal } from "../inputs.ts";

interface Pooling extends PoolOptions {
  readonly name: string;
  readonly input: readonly number[];
}

const poolings: readonly Pooling[] = [
  { name: "AlexNet's, overlapping", input: [2, 7, 7, 3], window: 3, strides: 2 },
  { name: "AlexNet's, on an even picture", input: [1, 8, 6, 2], window: 3, strides: 2 },
  {
    name: "with the last row padded",
    input: [1, 8, 8, 2],
    window: 3,
    strides: 2,
    padding: [
      [0, 1],
      [0, 1],
    ],
  },
  { name: "without overlap", input: [2, 6, 4, 3], window: 2 },
  { name: "with steps between", input: [1, 9, 9, 2], window: 2, strides: 3 },
  { name: "padded", input: [1, 5, 5, 2], window: 3, strides: 2, padding: 1 },
  {
    name: "padded on one side",
    input: [1, 5, 4, 2],
    window: [3, 2],
    strides: 1,
    padding: [
      [2, 0],
      [0, 1],
    ],
  },
  { name: "rectangular", input: [1, 6, 7, 2], window: [3, 1], strides: [1, 2] },
  { name: "of the whole picture", input: [3, 4, 5, 2], window: [4, 5] },
  { name: "of single pixels", input: [1, 3, 3, 4], window: 1 },
  { name: "of one pixel", input: [1, 1, 1, 1], window: 1 },
  { name: "same padding", input: [1, 5, 7, 2], window: 2, strides: 2, padding: "same" },
];

export const poolingCases: readonly ConformanceCase[] = [
  ...poolings.map(({ name, input, ...options }) =>
    testCase(`maxPool2d ${name}`, { x: distinct(input) }, ({ x }) => x.maxPool2d(options)),
  ),
  testCase(
    "maxPool2d with ties",
    { x: integers("float", [1, 9, 9, 2], 0, 2) },
    ({ x }) => x.maxPool2d({ window: 3, strides: 2 }),
    {
      differentiable: "none",
    },
  ),
  ...poolings.map(({ name, input, ...options }) =>
    testCase(`averagePool2d ${name}`, { x: normal(input) }, ({ x }) => ({
      all: averagePool2d(x, options),
      inside: averagePool2d(x, { ...options, countPadding: false }),
    })),
  ),
  ...poolings.map(({ name, input, ...options }) =>
    testCase(
      `maxPool2d between other functions, ${name}`,
      { x: distinct(input) },
      ({ x }) => x.tanh().maxPool2d(options).square(),
      {
        secondOrder: true,
      },
    ),
  ),
];
