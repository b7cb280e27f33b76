// Counter-based random numbers inside graphs; random.test.ts compares the bits with the host's.
import { dropout, normal as normalDraws, randomBits, scope, type Tensor, uniform } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { exactly, normal } from "../inputs.ts";

const source = { seed: exactly("u32", [], [20121203]), step: exactly("u32", [], [4000000000]) };
const scalings = ["paper", "inverted"] as const;

/** 0 and 1 as the mask of a dropout of ones. */
const maskOf = (ones: Tensor, seed: Tensor, step: Tensor, rate: number): Tensor =>
  scope("layer", () => dropout(ones, { seed, step }, { rate, training: true, scaling: "paper" }));

export const randomCases: readonly ConformanceCase[] = [
  testCase("randomBits", source, (random) => ({
    scalar: randomBits([], random),
    vector: randomBits([7], random, { path: "conv1" }),
    shifted: randomBits([3, 2, 5], random, { path: "conv1", sampleOffset: 100, elementOffset: 7 }),
  })),
  testCase("uniform", source, (random) => uniform([5, 7], random), { truth: "single", tolerance: 0 }),
  testCase("normal", source, (random) => normalDraws([5, 40], random), { truth: "single", tolerance: 1e-5 }),
  ...scalings.flatMap((scaling) =>
    [true, false].map((training) =>
      testCase(
        `dropout, ${scaling}, ${training ? "training" : "testing"}`,
        { ...source, x: normal([6, 20]) },
        ({ x, ...random }) => scope("fc6", () => dropout(x, random, { rate: 0.5, training, scaling })),
      ),
    ),
  ),
  testCase(
    "dropout at other rates",
    { ...source, ones: exactly("float", [4, 50], Array<number>(200).fill(1)) },
    ({ ones, seed, step }) => ({
      none: maskOf(ones, seed, step, 0),
      some: maskOf(ones, seed, step, 0.1),
      most: maskOf(ones, seed, step, 0.99),
    }),
  ),
];
