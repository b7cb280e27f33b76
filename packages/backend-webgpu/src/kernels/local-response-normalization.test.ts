// Local response normalization on software adapters against its decomposition: blocks of four channels and single ones, windows of
// all kinds, sums that leave the range of f32.
import type { LocalResponseNormalizationAttributes, Shape } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { describeOnAdapters, on } from "../adapter/test-adapters.test-support.ts";
import { value } from "../against-reference.test-support.ts";
import { relativeDifference, runBesideDecomposition, waves } from "../beside-decomposition.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import {
  localResponseNormalizationGradientKernel,
  localResponseNormalizationKernel,
} from "./local-response-normalization.ts";

const TOLERANCE = 2e-6;
const paper: LocalResponseNormalizationAttributes = { size: 5, k: 2, alpha: 1e-4, beta: 0.75 };

async function expectAgreement(
  device: GPUDevice,
  shape: Shape,
  settings: LocalResponseNormalizationAttributes,
  { scale = 1, capabilities }: { readonly scale?: number; readonly capabilities?: Capabilities } = {},
): Promise<void> {
  const x = value("f32", shape, waves(shape, scale, 1));
  const forward = await runBesideDecomposition(
    device,
    localResponseNormalizationKernel,
    "localResponseNormalization",
    [x],
    settings,
    capabilities,
  );
  expect(relativeDifference(forward)).toBeLessThan(TOLERANCE);
  const y = value("f32", shape, forward.expected);
  const gradient = await runBesideDecomposition(
    device,
    localResponseNormalizationGradientKernel,
    "localResponseNormalizationGradient",
    [x, y, value("f32", shape, waves(shape, 1, 2))],
    settings,
    capabilities,
  );
  expect(relativeDifference(gradient)).toBeLessThan(2 * TOLERANCE);
}

describeOnAdapters("local response normalization", (adapter) => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice(adapter);
  });

  test.each<{ name: string; shape: Shape; settings: LocalResponseNormalizationAttributes; scale?: number }>([
    { name: "the paper's, of raw pixels", shape: [2, 3, 3, 12], settings: paper, scale: 255 },
    { name: "odd channels", shape: [2, 3, 3, 7], settings: { ...paper, alpha: 0.3 } },
    { name: "one channel", shape: [2, 5, 1], settings: { ...paper, alpha: 0.3 } },
    { name: "an even window", shape: [5, 8], settings: { size: 4, k: 1.5, alpha: 0.2, beta: 0.75 } },
    { name: "a window that reaches over several blocks", shape: [3, 16], settings: { ...paper, size: 11, alpha: 0.1 } },
    { name: "a window too wide to be written out", shape: [3, 24], settings: { ...paper, size: 19, alpha: 0.1 } },
    { name: "a window wider than the channels", shape: [3, 4], settings: { ...paper, size: 9, alpha: 0.4 } },
    { name: "an exponent of a whole and a quarter", shape: [3, 8], settings: { size: 3, k: 1, alpha: 1, beta: 1.25 } },
    {
      name: "an exponent that is no multiple of a quarter",
      shape: [3, 8],
      settings: { size: 3, k: 1, alpha: 1, beta: 0.6 },
    },
    { name: "more channels than a workgroup has invocations", shape: [2, 400], settings: { ...paper, alpha: 0.1 } },
  ])("$name", ({ shape, settings, scale = 1 }) => expectAgreement(device, shape, settings, { scale }));

  test("numbers whose squares overflow, and zeros, give finite numbers", async () => {
    const shape = [2, 8];
    const x = value("f32", shape, [1e30, -1e30, 0, 3e25, 1, 0, 1e19, -1e20, 0, 0, 0, 0, 0, 0, 0, 0]);
    const settings = { size: 5, k: 0, alpha: 1, beta: 0.75 };
    for (const [kernel, op, inputs] of [
      [localResponseNormalizationKernel, "localResponseNormalization", [x]],
      [
        localResponseNormalizationGradientKernel,
        "localResponseNormalizationGradient",
        [x, x, value("f32", shape, waves(shape, 1, 2))],
      ],
    ] as const) {
      const { found } = await runBesideDecomposition(device, kernel, op, inputs, settings);
      expect(found.filter((element) => !Number.isFinite(element))).toEqual([]);
    }
  });
});

on("SwiftShader").describe("on SwiftShader", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice("SwiftShader");
  });

  test("any settings", async () => {
    const drawn = fc.record({
      shape: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20 })),
      settings: fc.record({
        size: fc.integer({ min: 1, max: 9 }),
        k: fc.constantFrom(1, 2),
        alpha: fc.constantFrom(1e-4, 0.5),
        beta: fc.constantFrom(0, 0.25, 0.5, 0.75, 1, 0.6),
      }),
    });
    await fc.assert(
      fc.asyncProperty(drawn, ({ shape, settings }) => expectAgreement(device, shape, settings)),
      { numRuns: 12 },
    );
  });

  test.each([
    { name: "several windows of each operand", bindingBytes: 1024, storageBindings: 10, rows: 40 },
    { name: "rows in chunks", bindingBytes: 4096, storageBindings: 4, rows: 200 },
  ])("$name", async ({ rows, bindingBytes, storageBindings }) => {
    const limits = { ...leastCapabilities.limits, bindingBytes, storageBindings };
    await expectAgreement(device, [rows, 12], paper, { capabilities: { ...leastCapabilities, limits } });
  });
});
