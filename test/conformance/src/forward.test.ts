// Every case on every backend, in float32, against the reference in float64.
import type { DeviceGroup } from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPair, openTruth, testedBackends } from "./backends.ts";
import { families } from "./cases/index.ts";
import { difference } from "./compare.ts";
import { forward } from "./run.ts";

describe.each(testedBackends)("$name", (tested) => {
  let devices: DeviceGroup;
  let truth: DeviceGroup;
  beforeAll(async () => {
    [devices, truth] = [await openPair(tested), await openTruth()];
  });
  afterAll(async () => {
    await devices[Symbol.asyncDispose]();
    await truth[Symbol.asyncDispose]();
  });

  describe.each(Object.entries(families))("%s", (_, cases) => {
    test.each(cases)("$name", async (testCase) => {
      const found = await forward(devices, testCase, "f32");
      const expected = await forward(truth, testCase, testCase.truth === "double" ? "f64" : "f32");
      expect(Object.keys(found)).toEqual(Object.keys(expected));
      for (const [name, want] of Object.entries(expected)) {
        const have = found[name];
        expect(have && difference(have, want), name).toBeLessThanOrEqual(testCase.tolerance);
      }
    });
  });
});
