import { expect, test } from "vitest";
import { fourLayer } from "./four-layer.ts";
import { geometryOf } from "./geometry.ts";

test("the four-layer network halves a 32-pixel picture three times", () => {
  const { architecture } = fourLayer({ activation: "relu" });
  const rows = geometryOf(architecture).map(({ layer, outputShape, stageShapes }) => [
    layer.name,
    ...[outputShape, ...stageShapes].map((shape) => shape.join("x")),
  ]);
  expect(rows).toEqual([
    ["conv1", "32x32x32", "16x16x32", "16x16x32"],
    ["conv2", "16x16x32", "16x16x32", "8x8x32"],
    ["conv3", "8x8x64", "8x8x64", "4x4x64"],
    ["fc4", "10"],
  ]);
});

test("nothing but the activation differs between its two forms", () => {
  const activations = (activation: "relu" | "tanh"): string[] =>
    fourLayer({ activation }).architecture.layers.flatMap(({ stages }) =>
      stages.flatMap((stage) => (stage.kind === "activation" ? [stage.function] : [])),
    );
  expect(activations("relu")).toEqual(["relu", "relu", "relu"]);
  expect(activations("tanh")).toEqual(["tanh", "tanh", "tanh"]);
  expect(fourLayer({ activation: "tanh" }).parameters).toEqual(fourLayer({ activation: "relu" }).parameters);
});

test.each([24, 28, 32, 56])("takes %i-pixel pictures", (inputSize) => {
  expect(() => fourLayer({ activation: "relu", inputSize })).not.toThrow();
});
