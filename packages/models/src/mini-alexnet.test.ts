import { describe, expect, test } from "vitest";
import { multiplyAddCount } from "./describe.ts";
import { geometryOf } from "./geometry.ts";
import { miniAlexnet } from "./mini-alexnet.ts";

const outputs = (options: Parameters<typeof miniAlexnet>[0]): string[] =>
  geometryOf(miniAlexnet(options).architecture).map(
    ({ layer, outputShape }) => `${layer.name} ${outputShape.join("x")}`,
  );

describe("miniAlexnet", () => {
  test("has every ingredient of the paper", () => {
    const { architecture, towers } = miniAlexnet({ classes: 10 });
    expect(towers).toBe(2);
    expect(architecture.layers.map((layer) => [layer.name, ...layer.stages.map(({ name }) => name)])).toEqual([
      ["conv1", "relu1", "norm1", "pool1"],
      ["conv2", "relu2", "norm2", "pool2"],
      ["conv3", "relu3"],
      ["conv4", "relu4"],
      ["conv5", "relu5", "pool5"],
      ["fc6", "relu6", "dropout6"],
      ["fc7", "relu7", "dropout7"],
    ]);
    const pools = architecture.layers.flatMap((layer) => layer.stages.filter((stage) => stage.kind === "pool"));
    for (const pool of pools) expect(pool).toMatchObject({ method: "max", window: 3, stride: 2 });
    expect(architecture.layers.flatMap((layer) => (layer.kind === "convolution" ? [layer.sees] : []))).toEqual([
      "image",
      "own",
      "both",
      "own",
      "own",
    ]);
  });

  test.each([
    { inputSize: 24 },
    { inputSize: 28 },
    { inputSize: 32 },
    { inputSize: 48 },
    { inputSize: 56 },
    { inputSize: 64 },
  ])("takes $inputSize-pixel pictures in under ten million floating-point operations", ({ inputSize }) => {
    expect(2 * multiplyAddCount(miniAlexnet({ classes: 10, inputSize }))).toBeLessThan(10e6);
  });

  test("may have fewer layers, the last of which pools", () => {
    expect(outputs({ classes: 10, maps: [8, 16, 24], units: [64, 32] })).toEqual([
      "conv1 24x24x8",
      "conv2 11x11x16",
      "conv3 5x5x24",
      "fc6 64",
      "fc7 32",
      "fc8 10",
    ]);
    const { layers } = miniAlexnet({ classes: 10, maps: [8, 16, 24] }).architecture;
    expect(layers[2]?.stages.map(({ name }) => name)).toEqual(["relu3", "pool3"]);
  });

  test("without dropout there is no such stage", () => {
    const { layers } = miniAlexnet({ classes: 10, dropout: 0 }).architecture;
    expect(layers.flatMap(({ stages }) => stages.map(({ kind }) => kind))).not.toContain("dropout");
  });

  test("starts from the recipe's deviations when asked to", () => {
    const { conv2 } = miniAlexnet({ classes: 10, initialization: "recipe" }).parameters;
    expect(conv2?.weight.initializer).toEqual({ kind: "normal", sigma: 0.01 });
    expect(conv2?.bias.initializer).toEqual({ kind: "constant", value: 1 });
  });

  test.each([
    { options: { classes: 10, maps: [8, 16] }, message: "expected three to five convolutional layers, found 2" },
    { options: { classes: 10, maps: [8, 15, 24] }, message: "conv2: 15 maps do not divide into 2 columns" },
    { options: { classes: 10, inputSize: 12 }, message: /conv5: a window of 3 does not fit .*\n.*pictures are 12x12/ },
  ] as const)("refuses $options", ({ options, message }) => {
    expect(() => miniAlexnet(options)).toThrow(message);
  });
});
