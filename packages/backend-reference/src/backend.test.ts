import { MemoryError, UsageError } from "@tandem/core";
import { expect, test } from "vitest";
import { openReference, referenceBackend } from "./backend.ts";

test("devices are numbered", async () => {
  const devices = await openReference({ count: 3 });
  expect(devices.map(({ name }) => name)).toEqual(["reference:0", "reference:1", "reference:2"]);
});

test("a count below one is refused", async () => {
  await expect(openReference({ count: 0 })).rejects.toThrow(UsageError);
});

test("memory beyond the limit is refused, with the numbers", async () => {
  const [device] = await openReference({ memoryBytes: 1024 });
  await expect(device?.reserve([{ id: 0, bytes: 2048 }])).rejects.toThrow(MemoryError);
  expect(await device?.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
});

test("all types are supported, what decomposes is not", () => {
  const supports = (op: string, dtype: "f16" | "f32" | "f64" | "i32"): boolean =>
    referenceBackend.supports(op, [{ dtype, shape: [2] }], [{ dtype, shape: [2] }], {});
  expect(supports("map", "f32")).toBe(true);
  expect(supports("map", "f64")).toBe(true);
  expect(supports("slice", "i32")).toBe(true);
  expect(supports("map", "f16")).toBe(true);
  expect(supports("localResponseNormalization", "f32")).toBe(false);
});
