import { describe, expect, test } from "vitest";
import { initialize } from "./initialize.ts";
import { type Initializer, type ParameterSpec, plainRule } from "./parameter.ts";

const spec = (shape: readonly number[], initializer: Initializer): ParameterSpec => ({
  shape,
  initializer,
  rule: plainRule,
});

const standardDeviation = (data: ArrayLike<number>): number =>
  Math.sqrt(Array.from(data).reduce((sum, x) => sum + x * x, 0) / data.length);

describe("initialize", () => {
  test("fills a constant", () => {
    const { bias } = initialize({ bias: spec([3], { kind: "constant", value: 0.5 }) }, 1);
    expect(Array.from(bias.data)).toEqual([0.5, 0.5, 0.5]);
  });

  test.each([
    { initializer: { kind: "normal", sigma: 0.01 }, shape: [100, 200], sigma: 0.01 },
    { initializer: { kind: "he" }, shape: [5, 5, 32, 40], sigma: Math.sqrt(2 / (5 * 5 * 32)) },
    { initializer: { kind: "he" }, shape: [128, 250], sigma: Math.sqrt(2 / 128) },
  ] as const)("draws $initializer.kind values of deviation $sigma for $shape", ({ initializer, shape, sigma }) => {
    const { weight } = initialize({ weight: spec(shape, initializer) }, 7);
    expect(weight.shape).toEqual(shape);
    expect(standardDeviation(weight.data) / sigma).toBeCloseTo(1, 1);
  });

  test("depends on the seed and the parameter's name, not on what else there is", () => {
    const weight = spec([4, 4], { kind: "normal", sigma: 1 });
    const alone = initialize({ conv2: { weight } }, 3);
    const together = initialize({ conv1: { weight }, conv2: { weight } }, 3);
    expect(together.conv2.weight).toEqual(alone.conv2.weight);
    expect(together.conv1.weight.data).not.toEqual(together.conv2.weight.data);
    expect(initialize({ conv2: { weight } }, 4).conv2.weight.data).not.toEqual(alone.conv2.weight.data);
  });
});
