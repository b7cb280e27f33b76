// Convolutions: AlexNet's shapes in small, and the ones that break kernels.
import type { Conv2dOptions } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { normal } from "../inputs.ts";

interface Convolution extends Conv2dOptions {
  readonly name: string;
  readonly input: readonly number[];
  readonly filter: readonly number[];
  readonly secondOrder?: boolean;
}

const convolutions: readonly Convolution[] = [
  { name: "3x3", input: [2, 7, 7, 3], filter: [3, 3, 3, 4], secondOrder: true },
  { name: "AlexNet's first layer", input: [2, 35, 35, 3], filter: [11, 11, 3, 6], strides: 4 },
  {
    name: "AlexNet's first layer, padded",
    input: [1, 32, 32, 3],
    filter: [11, 11, 3, 6],
    strides: 4,
    padding: [
      [1, 2],
      [1, 2],
    ],
  },
  { name: "AlexNet's second layer", input: [2, 13, 13, 8], filter: [5, 5, 4, 12], padding: 2, groups: 2 },
  { name: "1x1", input: [2, 5, 4, 6], filter: [1, 1, 6, 5] },
  { name: "1x1 with strides", input: [1, 7, 6, 3], filter: [1, 1, 3, 2], strides: [2, 3] },
  { name: "same padding", input: [1, 6, 5, 2], filter: [3, 3, 2, 3], padding: "same" },
  { name: "same padding with strides", input: [1, 8, 7, 2], filter: [3, 2, 2, 3], padding: "same", strides: 2 },
  {
    name: "asymmetric padding",
    input: [1, 5, 6, 2],
    filter: [3, 3, 2, 3],
    padding: [
      [0, 2],
      [3, 1],
    ],
  },
  {
    name: "rows and columns that strides leave over",
    input: [2, 10, 11, 3],
    filter: [3, 3, 3, 4],
    strides: 3,
    padding: 1,
  },
  { name: "different strides", input: [1, 7, 9, 2], filter: [2, 4, 2, 3], strides: [2, 1], padding: [1, 2] },
  { name: "strides larger than the filter", input: [1, 9, 9, 2], filter: [2, 2, 2, 3], strides: 4 },
  { name: "padding as large as the filter", input: [1, 4, 4, 2], filter: [3, 3, 2, 2], padding: 3 },
  {
    name: "every window in the padding",
    input: [1, 1, 2, 2],
    filter: [1, 1, 2, 3],
    strides: [3, 1],
    padding: [
      [2, 0],
      [0, 0],
    ],
  },
  { name: "dilation", input: [1, 9, 9, 2], filter: [3, 3, 2, 3], dilations: 2, padding: 2 },
  {
    name: "different dilations with strides",
    input: [1, 11, 10, 2],
    filter: [3, 2, 2, 3],
    dilations: [3, 2],
    strides: [1, 2],
    padding: 1,
  },
  { name: "groups", input: [1, 6, 6, 6], filter: [3, 3, 2, 9], groups: 3 },
  {
    name: "groups with dilation and strides",
    input: [2, 9, 8, 4],
    filter: [3, 3, 2, 6],
    groups: 2,
    dilations: 2,
    strides: 2,
    padding: [
      [2, 1],
      [0, 2],
    ],
    secondOrder: true,
  },
  { name: "a group for each channel", input: [2, 6, 6, 5], filter: [3, 3, 1, 10], groups: 5, padding: 1 },
  { name: "a filter as large as the picture", input: [3, 4, 5, 2], filter: [4, 5, 2, 7] },
  { name: "one pixel", input: [1, 1, 1, 1], filter: [1, 1, 1, 1] },
  { name: "one pixel, padded", input: [2, 1, 1, 3], filter: [3, 3, 3, 2], padding: 1 },
  { name: "one output channel", input: [2, 6, 5, 3], filter: [3, 3, 3, 1] },
  {
    name: "a row filter",
    input: [1, 5, 8, 2],
    filter: [1, 5, 2, 3],
    padding: [
      [0, 0],
      [2, 2],
    ],
  },
  { name: "a column filter", input: [1, 8, 5, 2], filter: [5, 1, 2, 3], strides: [2, 1] },
  { name: "odd channels", input: [1, 5, 5, 17], filter: [3, 3, 17, 19], padding: 1 },
];

export const convolutionCases: readonly ConformanceCase[] = convolutions.map(
  ({ name, input, filter, secondOrder = false, ...options }) =>
    testCase(`conv2d: ${name}`, { x: normal(input), filter: normal(filter) }, (t) => t.x.conv2d(t.filter, options), {
      secondOrder,
    }),
);
