// Local response normalization: odd and even windows, groups, windows wider than the channels, raw-pixel scales.
import type { LocalResponseNormalizationOptions } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { normal } from "../inputs.ts";

interface Normalization extends LocalResponseNormalizationOptions {
  readonly name: string;
  readonly input: readonly number[];
  readonly scale?: number;
}

const normalizations: readonly Normalization[] = [
  { name: "the paper's", input: [2, 3, 3, 12], scale: 100 },
  { name: "the paper's, in two groups", input: [2, 3, 3, 12], scale: 100, groups: 2 },
  { name: "three groups with a narrow window", input: [1, 2, 3, 9], size: 3, k: 1, alpha: 0.5, beta: 0.5, groups: 3 },
  { name: "an even window", input: [2, 2, 2, 7], size: 4, k: 1.5, alpha: 0.2, beta: 0.75 },
  { name: "an even window in groups", input: [1, 2, 2, 8], size: 2, alpha: 0.3, groups: 2 },
  { name: "a window of one", input: [1, 2, 2, 5], size: 1, alpha: 0.7, beta: 1 },
  { name: "a window wider than the channels", input: [1, 2, 2, 3], size: 9, alpha: 0.4 },
  { name: "one channel", input: [2, 4, 5, 1], alpha: 0.3 },
  { name: "vectors", input: [3, 10], size: 5, alpha: 0.1 },
  { name: "another exponent", input: [1, 2, 2, 6], size: 3, k: 1, alpha: 1, beta: 1.25 },
];

export const normalizationCases: readonly ConformanceCase[] = normalizations.map(
  ({ name, input, scale = 1, ...options }) =>
    testCase(
      `localResponseNormalization: ${name}`,
      { x: normal(input, scale) },
      ({ x }) => x.localResponseNormalization(options),
      {
        secondOrder: name === "an even window in groups",
      },
    ),
);
