// The cases in f16, on every backend that has it, against the reference in float64 of the same inputs.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { findAdapters } from "@tandem/backend-webgpu";
import type { DeviceGroup } from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPair, openTruth, type TestedBackend, webgpuBackends } from "./backends.ts";
import { difference } from "./compare.ts";
import { compileGradients } from "./gradients.ts";
import { halfPrecisionFamilies } from "./half-precision.ts";
import { forward } from "./run.ts";

const withHalf = (await findAdapters()).filter(({ f16 }) => f16).map(({ adapter }) => adapter);
const reference: Omit<TestedBackend, "samples"> = {
  name: referenceBackend.name,
  backend: referenceBackend,
  open: openReference,
};
const backends = [
  reference,
  ...webgpuBackends.filter(({ adapter }) => withHalf.some((name) => name.includes(adapter))),
];

describe.each(backends)("$name", (tested) => {
  let devices: DeviceGroup;
  let truth: DeviceGroup;
  beforeAll(async () => {
    [devices, truth] = [await openPair(tested), await openTruth()];
  });
  afterAll(async () => {
    await devices[Symbol.asyncDispose]();
    await truth[Symbol.asyncDispose]();
  });

  describe.each(Object.entries(halfPrecisionFamilies))("%s", (_, cases) => {
    test.each(cases)("$name", async ({ inHalf, truth: exact, tolerance }) => {
      const found = await forward(devices, inHalf, "f32");
      for (const [name, want] of Object.entries(await forward(truth, exact, "f64"))) {
        const have = found[name];
        expect(have && difference(have, want), name).toBeLessThanOrEqual(tolerance);
      }
    });

    test.each(cases.filter(({ inHalf }) => inHalf.differentiable.length > 0))(
      "gradients of $name",
      async ({ inHalf, truth: exact, tolerance }) => {
        await using program = await compileGradients(devices, inHalf, "f32", 1);
        await using exactProgram = await compileGradients(truth, exact, "f64", 1);
        const { gradients } = await program.run(program.parameters);
        const expected = await exactProgram.run(exactProgram.parameters);
        for (const [name, want] of Object.entries(expected.gradients)) {
          const have = gradients[name];
          expect(have && difference(have, want), name).toBeLessThanOrEqual(2 * tolerance);
        }
      },
    );
  });
});
