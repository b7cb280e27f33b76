import {
  isTensorType,
  leaves,
  ShapeError,
  spec,
  type TensorType,
  trace,
  typeOf,
  UsageError,
  valueAndGrad,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { type AlexnetOptions, alexnet } from "./alexnet.ts";
import type { Architecture, Layer } from "./architecture.ts";
import { parameterCount } from "./describe.ts";
import { geometryOf } from "./geometry.ts";
import type { RecipeName } from "./recipe.ts";

function layerNamed({ layers, classifier }: Architecture, name: string): Layer {
  const found = [...layers, classifier].find((layer) => layer.name === name);
  if (found === undefined) throw new Error(`no layer ${name}`);
  return found;
}

function outputs(options: AlexnetOptions): string[] {
  return geometryOf(alexnet(options).architecture).map(
    ({ layer, outputShape }) => `${layer.name} ${outputShape.join("x")}`,
  );
}

describe("sizes", () => {
  test("a picture of 224 is completed with 3 zeros at right and bottom; 227 needs none", () => {
    const [at224] = alexnet({ inputSize: 224 }).architecture.layers;
    const [at227] = alexnet({ inputSize: 227 }).architecture.layers;
    expect(at224).toMatchObject({
      padding: [
        [0, 3],
        [0, 3],
      ],
    });
    expect(at227).toMatchObject({
      padding: [
        [0, 0],
        [0, 0],
      ],
    });
    expect(outputs({ inputSize: 224 })).toEqual(outputs({ inputSize: 227 }));
  });

  test("width multiplies maps and units", () => {
    expect(outputs({ width: 1 / 8, inputSize: 67, classes: 20 })).toEqual([
      "conv1 15x15x12",
      "conv2 7x7x32",
      "conv3 3x3x48",
      "conv4 3x3x48",
      "conv5 3x3x32",
      "fc6 512",
      "fc7 512",
      "fc8 20",
    ]);
    expect(parameterCount(alexnet({ width: 1 / 8, inputSize: 67, classes: 20 }))).toBe(330_244);
  });

  test("the one-GPU network has half the kernels in conv1 to conv4 and keeps conv5 and what follows", () => {
    const model = alexnet({ halfKernels: true });
    expect(model.towers).toBe(1);
    expect(geometryOf(model.architecture).map(({ weightShape }) => weightShape)).toEqual([
      [11, 11, 3, 48],
      [5, 5, 48, 128],
      [3, 3, 128, 192],
      [3, 3, 192, 192],
      [3, 3, 192, 256],
      [9216, 4096],
      [4096, 4096],
      [4096, 1000],
    ]);
  });
});

describe("recipes", () => {
  const stagesOf = (recipe: RecipeName, layer: string): string[] =>
    layerNamed(alexnet({ recipe, towers: 1 }).architecture, layer).stages.map(({ name }) => name);

  test.each([
    { recipe: "paper", conv1: ["relu1", "norm1", "pool1"], conv2: ["relu2", "norm2", "pool2"] },
    { recipe: "code-2012", conv1: ["norm1", "pool1", "relu1"], conv2: ["relu2", "norm2", "mapnorm2", "pool2"] },
    { recipe: "caffe", conv1: ["relu1", "norm1", "pool1"], conv2: ["relu2", "norm2", "pool2"] },
  ] as const)("$recipe: order of the first layers", ({ recipe, conv1, conv2 }) => {
    expect(stagesOf(recipe, "conv1")).toEqual(conv1);
    expect(stagesOf(recipe, "conv2")).toEqual(conv2);
  });

  test.each([
    { recipe: "paper", k: 2, alpha: 1e-4, within: "column" },
    { recipe: "code-2012", k: 2, alpha: 2e-5, within: "column" },
    { recipe: "caffe", k: 1, alpha: 2e-5, within: "layer" },
  ] as const)("$recipe: response normalisation", ({ recipe, k, alpha, within }) => {
    const { stages } = layerNamed(alexnet({ recipe }).architecture, "conv1");
    const normalization = stages.find(({ kind }) => kind === "responseNormalization");
    expect(normalization).toMatchObject({ size: 5, k, beta: 0.75, within });
    expect(normalization).toHaveProperty("alpha", expect.closeTo(alpha, 12));
  });

  const table: { recipe: RecipeName; sigmas: number[]; biases: number[] }[] = [
    { recipe: "paper", sigmas: [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01], biases: [0, 1, 0, 1, 1, 1, 1, 0] },
    { recipe: "code-2012", sigmas: [0.01, 0.01, 0.03, 0.03, 0.03, 0.01, 0.01, 0.01], biases: [0, 1, 0, 1, 1, 1, 1, 0] },
    {
      recipe: "caffe",
      sigmas: [0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.01],
      biases: [0, 0.1, 0, 0.1, 0.1, 0.1, 0.1, 0],
    },
  ];
  test.each(table)("$recipe: initial values", ({ recipe, sigmas, biases }) => {
    const specs = Object.values(alexnet({ recipe }).parameters);
    expect(specs.map(({ weight }) => weight.initializer)).toEqual(sigmas.map((sigma) => ({ kind: "normal", sigma })));
    expect(specs.map(({ bias }) => bias.initializer)).toEqual(biases.map((value) => ({ kind: "constant", value })));
  });

  test.each([
    { recipe: "paper", learningRate: 1, decay: 1 },
    { recipe: "code-2012", learningRate: 2, decay: 0 },
    { recipe: "caffe", learningRate: 2, decay: 0 },
  ] as const)("$recipe: how biases learn", ({ recipe, learningRate, decay }) => {
    const model = alexnet({ recipe });
    expect(model.ruleOf("conv3.bias")).toEqual({ learningRate, decay });
    expect(model.ruleOf("tower1.conv3.bias")).toEqual({ learningRate, decay });
    expect(model.ruleOf("conv3.weight")).toEqual({ learningRate: 1, decay: 1 });
  });
});

describe("training steps", () => {
  const variants: AlexnetOptions[] = [
    { recipe: "paper", towers: 1 },
    { recipe: "paper", towers: 2 },
    { recipe: "code-2012", towers: 1 },
    { recipe: "code-2012", towers: 2 },
    { recipe: "caffe" },
    { recipe: "caffe", halfKernels: true },
    { halfKernels: true },
    { responseNormalization: { within: "layer", k: 1 } },
  ];
  test.each(variants)("%o: every parameter has a gradient of its type, on its device", (options) => {
    const model = alexnet(options);
    const { height, width, channels } = model.architecture.input;
    const { graph } = trace(
      ({ parameters, images, labels, random }) => {
        const mode = { training: true, random } as const;
        return { gradients: valueAndGrad(model.loss)(parameters, { images, labels }, mode).gradients };
      },
      {
        parameters: model.types,
        images: spec("f32", [16, height, width, channels]),
        labels: spec("i32", [16]),
        random: { seed: spec("u32", []), step: spec("u32", []) },
      },
    );
    const types = leaves<TensorType>(model.types, isTensorType).map(({ name, leaf }) => [`gradients.${name}`, leaf]);
    expect(graph.outputs.map(({ name, value }) => [name, typeOf(graph, value)])).toEqual(types);
    const zeros = graph.nodes.filter(({ op, inputs }) => op === "map" && inputs.length === 0);
    const constants = new Set(zeros.flatMap(({ outputs: values }) => values));
    expect(graph.outputs.filter(({ value }) => constants.has(value))).toEqual([]);
  });
});

describe("what does not go together", () => {
  test.each([
    {
      title: "caffe's normalisation across all maps in two towers",
      options: { recipe: "caffe", towers: 2 },
      error: UsageError,
      message:
        /alexnet \(caffe\) cannot be divided between two towers: norm1 normalises across all conv1 maps.*\n.*towers: 1/,
    },
    {
      title: "half kernels in two towers",
      options: { halfKernels: true, towers: 2 },
      error: UsageError,
      message: /half kernels\) cannot be divided between two towers: it has one column/,
    },
    {
      title: "pictures too small",
      options: { inputSize: 32 },
      error: ShapeError,
      message:
        /alexnet \(paper\): conv5: a window of 3 does not fit in height 1.*\n.*pictures are 32x32: take larger ones/,
    },
    { title: "no width", options: { width: 0 }, error: UsageError, message: /width must be positive, found 0/ },
    {
      title: "all silent",
      options: { dropout: 1 },
      error: UsageError,
      message: /dropout must be in \[0, 1\), found 1/,
    },
  ] as const)("$title", ({ options, error, message }) => {
    expect(() => alexnet(options)).toThrow(error);
    expect(() => alexnet(options)).toThrow(message);
  });
});
