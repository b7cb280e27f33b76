import type { StepProfile } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { kernelGroups, phasesOf } from "./step-profile.ts";

const kernel = (stepId: number, op: string, scope: string, milliseconds: number): StepProfile => ({
  stepId,
  op,
  scope,
  milliseconds,
  flops: 1000 * milliseconds,
  bytesMoved: 10 * milliseconds,
});

const first = [
  kernel(0, "conv2d", "conv1", 10),
  kernel(2, "matmul", "fc8", 2),
  kernel(3, "map", "loss", 1),
  kernel(4, "matmul", "fc8", 3),
  kernel(5, "map", "update", 4),
  kernel(6, "conv2dFilterGradient", "conv1", 20),
  kernel(8, "map", "update/conv1", 5),
];
const second = [kernel(1, "conv2d", "conv1", 12), kernel(7, "conv2dFilterGradient", "conv1", 15)];

describe("phases", () => {
  test("begin with the network, the loss, and wherever the optimiser is at work", () => {
    expect(phasesOf([first])).toEqual({ forward: 12, backward: 24, update: 9 });
  });

  test("of two devices take as long as the slower one", () => {
    expect(phasesOf([first, second])).toEqual({ forward: 12, backward: 24, update: 9 });
    expect(phasesOf([second, first])?.forward).toBe(12);
  });

  test("are unknown where nothing was measured", () => {
    expect(phasesOf([])).toBeUndefined();
    expect(phasesOf([[]])).toBeUndefined();
  });
});

describe("kernels", () => {
  test("of one op in one layer are summed, the longest first", () => {
    const summed = kernelGroups([first, second], 10).map(({ name, kernels, milliseconds }) => [
      name,
      kernels,
      milliseconds,
    ]);
    expect(summed).toEqual([
      ["conv2dFilterGradient in conv1", 2, 35],
      ["conv2d in conv1", 2, 22],
      ["map in update", 2, 9],
      ["matmul in fc8", 2, 5],
      ["map in loss", 1, 1],
    ]);
  });

  test("beyond the first few are one group, so that nothing is lost", () => {
    const groups = kernelGroups([first, second], 2);
    expect(groups.map(({ name }) => name)).toEqual(["conv2dFilterGradient in conv1", "conv2d in conv1", "all others"]);
    const total = [...first, ...second].reduce((sum, { flops }) => sum + flops, 0);
    expect(groups.reduce((sum, { flops }) => sum + flops, 0)).toBe(total);
  });
});
