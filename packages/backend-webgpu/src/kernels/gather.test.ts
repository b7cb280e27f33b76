// Reading and adding at positions that are data, on a software adapter, against the reference backend.
import type { Shape } from "@tandem/core";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { integers, narrowCapabilities, runBesideReference, value } from "../against-reference.test-support.ts";
import { leastCapabilities } from "../capabilities.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { gatherKernel } from "./gather.ts";
import { scatterAddKernel } from "./scatter-add.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

/** Some of them repeat, and some are out of range of `size`. */
function indices(shape: Shape, size: number) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return value(
    "i32",
    shape,
    Array.from({ length: count }, (_, index) => ((index * 7) % (size + 3)) - 1),
  );
}

describe.each([
  { adapter: "an adapter", capabilities: leastCapabilities },
  { adapter: "an adapter with narrow bindings", capabilities: narrowCapabilities },
])("on $adapter", ({ capabilities }) => {
  test.each<{ table: Shape; entries: Shape; axis: number }>([
    { table: [10, 8], entries: [7], axis: 0 },
    { table: [10, 3], entries: [2, 5], axis: 0 },
    { table: [4, 9, 12], entries: [6], axis: 1 },
    { table: [3, 5], entries: [40], axis: 1 },
    { table: [5], entries: [], axis: 0 },
  ])("gather $entries entries of $table along $axis", async ({ table, entries, axis }) => {
    const inputs = [integers("f32", table, 1), indices(entries, table[axis] ?? 0)];
    const { found, expected } = await runBesideReference(
      device,
      gatherKernel,
      "gather",
      inputs,
      { axis },
      { capabilities },
    );
    expect(found).toEqual(expected);
  });

  test.each<{ updates: Shape; entries: Shape; axis: number; size: number }>([
    { updates: [7, 8], entries: [7], axis: 0, size: 5 },
    { updates: [2, 5, 3], entries: [2, 5], axis: 0, size: 4 },
    { updates: [4, 6, 12], entries: [6], axis: 1, size: 9 },
    { updates: [60, 3], entries: [60], axis: 0, size: 2 },
    { updates: [3], entries: [], axis: 0, size: 6 },
  ])("add $updates at $entries positions of $size along $axis", async ({ updates, entries, axis, size }) => {
    const inputs = [indices(entries, size), integers("f32", updates, 4)];
    const { found, expected } = await runBesideReference(
      device,
      scatterAddKernel,
      "scatterAdd",
      inputs,
      { axis, size },
      { capabilities },
    );
    expect(found).toEqual(expected);
  });
});

test.each(["i32", "u32"] as const)("%s is gathered and added exactly", async (dtype) => {
  const table = value(dtype, [3], [0x7fffffff, 1, 0xfffffff0]);
  const at = value("i32", [4], [2, 0, 0, 7]);
  const gathered = await runBesideReference(device, gatherKernel, "gather", [table, at], { axis: 0 });
  expect(gathered.found).toEqual(gathered.expected);
  const updates = value(dtype, [4], [5, 0x7fffffff, 2, 9]);
  const added = await runBesideReference(device, scatterAddKernel, "scatterAdd", [at, updates], { axis: 0, size: 3 });
  expect(added.found).toEqual(added.expected);
});
