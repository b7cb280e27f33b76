// Tiles in workgroup memory on a real (software) adapter: all orientations, both ways to buffer.
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, runBesideReference } from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { matmulProducts } from "../kernels/matmul.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { smallTiles, tiledKernel } from "./small-tiles.test-support.ts";
import { tileFits } from "./tiled-product.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

describe.each(smallTiles)("$rows x $columns x $depth in $parts parts, registers $registers", (tile) => {
  test.each([
    { transposeA: false, transposeB: false },
    { transposeA: true, transposeB: true },
  ])("transposed: $transposeA $transposeB", async (transpositions) => {
    const [m, k, n] = [37, 70, 52];
    const a = integers("f32", transpositions.transposeA ? [k, m] : [m, k], 1);
    const b = integers("f32", transpositions.transposeB ? [n, k] : [k, n], 2);
    const attributes = { ...transpositions, accumulate: "f32" };
    const kernel = tiledKernel(matmulProducts, tile);
    const { found, expected } = await runBesideReference(device, kernel, "matmul", [a, b], attributes);
    expect(found).toEqual(expected);
  });
});

test("one buffer is enough", async () => {
  const [tile] = smallTiles.filter((each) => each.depth === 8);
  if (tile === undefined) throw new Error("there is no such tile");
  const { limits } = leastCapabilities;
  const capabilities = { ...leastCapabilities, limits: { ...limits, workgroupBytes: 48 * 8 * 4 } };
  expect(tileFits(tile, { element: "f32" }, capabilities)).toBe(true);
  const [a, b] = [integers("f32", [20, 33], 1), integers("f32", [33, 18], 2)];
  const attributes = { transposeA: false, transposeB: false, accumulate: "f32" };
  const kernel = tiledKernel(matmulProducts, tile);
  const { found, expected } = await runBesideReference(device, kernel, "matmul", [a, b], attributes, { capabilities });
  expect(found).toEqual(expected);
});

test("a tile fits where its memory and its invocations do", () => {
  const [tile] = smallTiles;
  if (tile === undefined) throw new Error("there is no tile");
  const within = (changes: Partial<Capabilities["limits"]>): Capabilities => ({
    ...leastCapabilities,
    limits: { ...leastCapabilities.limits, ...changes },
  });
  expect(tileFits(tile, { element: "f32" }, within({ workgroupBytes: 512, invocations: 16 }))).toBe(true);
  expect(tileFits(tile, { element: "f32" }, within({ workgroupBytes: 511 }))).toBe(false);
  expect(tileFits(tile, { element: "f16" }, within({ workgroupBytes: 256 }))).toBe(true);
  expect(tileFits(tile, { element: "f32" }, within({ invocations: 15 }))).toBe(false);
});
