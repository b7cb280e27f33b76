// The tiles for GPUs on a software adapter, which takes seconds to compile each.
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, runBesideReference } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { matmulProducts } from "../kernels/matmul.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { gpuTiles } from "./gpu-tiles.ts";
import { tiledKernel } from "./small-tiles.test-support.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

/** With room for two buffers, and for one. */
const capabilities: readonly Capabilities[] = [32768, 16384].map((workgroupBytes) => ({
  ...leastCapabilities,
  limits: { ...leastCapabilities.limits, workgroupBytes },
}));

describe.each(gpuTiles)("$shape.rows x $shape.columns x $shape.depth", ({ shape }) => {
  test.each([
    { transposeA: false, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: false },
    { transposeA: true, transposeB: true },
  ])("transposed: $transposeA $transposeB", async (transpositions) => {
    const [m, k, n] = [133, 37, 150];
    const a = integers("f32", transpositions.transposeA ? [k, m] : [m, k], 1);
    const b = integers("f32", transpositions.transposeB ? [n, k] : [k, n], 2);
    const attributes = { ...transpositions, accumulate: "f32" };
    const kernel = tiledKernel(matmulProducts, { ...shape, memory: "operand", parts: 2 });
    for (const each of capabilities) {
      const options = { capabilities: each };
      const { found, expected } = await runBesideReference(device, kernel, "matmul", [a, b], attributes, options);
      expect(found).toEqual(expected);
    }
  });
});
