// Average-pooling on a software adapter against its decomposition into convolutions.
import type { AveragePoolAttributes, Shape } from "@tandem/core";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { value } from "../against-reference.test-support.ts";
import { relativeDifference, runBesideDecomposition, waves } from "../beside-decomposition.test-support.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { averagePool2dKernel } from "./average-pool.ts";

const { test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

const padded = [
  [2, 1],
  [0, 2],
] as const;
const whole = [
  [0, 0],
  [0, 0],
] as const;

test.each<{ name: string; input: Shape; attributes: AveragePoolAttributes }>([
  {
    name: "overlapping windows",
    input: [2, 7, 8, 4],
    attributes: { window: [3, 3], strides: [2, 2], padding: whole, countPadding: true },
  },
  {
    name: "windows that overhang, divided by their size",
    input: [2, 5, 4, 3],
    attributes: { window: [3, 3], strides: [2, 1], padding: padded, countPadding: true },
  },
  {
    name: "windows that overhang, divided by what they see",
    input: [2, 5, 4, 8],
    attributes: { window: [3, 3], strides: [2, 1], padding: padded, countPadding: false },
  },
  {
    name: "the whole picture",
    input: [3, 5, 6, 5],
    attributes: { window: [5, 6], strides: [1, 1], padding: whole, countPadding: false },
  },
])("$name", async ({ input, attributes }) => {
  const x = value("f32", input, waves(input, 3, 1));
  const compared = await runBesideDecomposition(device, averagePool2dKernel, "averagePool2d", [x], attributes);
  expect(relativeDifference(compared)).toBeLessThan(1e-6);
});
