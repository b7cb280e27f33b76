// Convolutions of any geometry, a hundred of them, against the reference's loops.
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { runBesideReference } from "../against-reference.test-support.ts";
import { leastCapabilities } from "../capabilities.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { anyConvolution, convolutionTriple } from "./convolution-triple.test-support.ts";

const { test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

test("all three agree with the reference", async () => {
  const capabilities = { ...leastCapabilities, isSoftware: true };
  await fc.assert(
    fc.asyncProperty(anyConvolution(4), async (convolution) => {
      for (const { op, kernel, inputs, attributes } of convolutionTriple(convolution)) {
        const { found, expected } = await runBesideReference(device, kernel, op, inputs, attributes, { capabilities });
        expect(found, `${op} ${JSON.stringify(attributes)}`).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
});
