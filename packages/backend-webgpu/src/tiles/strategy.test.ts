// What is chosen where nothing was measured.
import { describe, expect, test } from "vitest";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { partialSumBytes } from "./partial-sums.ts";
import { type ProductSize, strategies } from "./strategy.ts";

const gpu: Capabilities = {
  ...leastCapabilities,
  f16: true,
  subgroups: { smallest: 32, largest: 32 },
  subgroupMatrices: [{ componentType: "f16", resultComponentType: "f32", m: 16, n: 16, k: 16 }],
  limits: { ...leastCapabilities.limits, workgroupBytes: 49152 },
};
const software: Capabilities = { ...leastCapabilities, isSoftware: true };

function size(rows: number, columns: number, depth: number, element: "f32" | "f16" = "f32"): ProductSize {
  return { matrices: 1, rows, columns, depth, element };
}

function names(product: ProductSize, capabilities: Capabilities, accepts = true): readonly string[] {
  return strategies(product, capabilities, (bytes) => accepts || bytes === 0).map(({ name }) => name);
}

describe("on a GPU", () => {
  test.each([
    { what: "a large square", product: size(4096, 4096, 4096), name: /^128x128x\d+$/ },
    { what: "a tower of AlexNet's first layer", product: size(128 * 55 * 55, 96, 396), name: /^128x96x8$/ },
    { what: "the gradient of a small filter", product: size(396, 96, 128 * 55 * 55), name: /split\d+$/ },
    { what: "a few rows", product: size(1, 4096, 9216), name: /split\d+$/ },
  ])("$what", ({ product, name }) => {
    expect(names(product, gpu)[0]).toMatch(name);
  });

  test("products of f16 go to units for matrices first", () => {
    expect(names(size(4096, 4096, 4096, "f16"), gpu)[0]).toBe("128x128x32/matrices");
  });

  test("sums stay whole where there is no place for parts", () => {
    expect(names(size(1, 4096, 9216), gpu, false).filter((name) => /split/.test(name))).toEqual([]);
  });

  test("no way needs more partial sums than a buffer holds", () => {
    const product = size(9216, 4096, 128 * 64);
    const capabilities = { ...gpu, limits: { ...gpu.limits, bufferBytes: 2 ** 28 } };
    for (const { parts } of strategies(product, capabilities, () => true)) {
      expect(partialSumBytes(product, parts.count)).toBeLessThanOrEqual(2 ** 28);
    }
  });
});

test("software adapters compute in registers", () => {
  expect(names(size(300, 300, 300), software)[0]).toMatch(/^registers/);
  expect(names(size(3, 3, 3), software)[0]).toBe("registers4x4");
});

test.each([gpu, software])("parts of $adapter cover the depth", (capabilities) => {
  for (const { parts } of strategies(size(10, 10, 12345), capabilities, () => true)) {
    expect(parts.count * parts.depth).toBeGreaterThanOrEqual(12345);
    expect((parts.count - 1) * parts.depth).toBeLessThan(12345);
  }
});
