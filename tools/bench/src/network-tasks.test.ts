import { alexnet } from "@tandem/models";
import { describe, expect, test } from "vitest";
import { convolutions, linearMatmuls, stepFlops, stepTask } from "./network-tasks.ts";
import { flopsOf, shapeText } from "./task.ts";

const { architecture } = alexnet({ towers: 1 });

describe("AlexNet's operations at batch 32", () => {
  test("are the products of its fully connected layers, in all transpositions", () => {
    expect(
      linearMatmuls(architecture, 32).map(({ name, task }) => `${name}: ${shapeText(task)}`),
    ).toMatchInlineSnapshot(`
      [
        "fc6 forward: 32 x 9216 x 4096",
        "fc6 input gradient: 32 x 4096 x 9216, b transposed",
        "fc6 weight gradient: 9216 x 32 x 4096, a transposed",
        "fc7 forward: 32 x 4096 x 4096",
        "fc7 input gradient: 32 x 4096 x 4096, b transposed",
        "fc7 weight gradient: 4096 x 32 x 4096, a transposed",
        "fc8 forward: 32 x 4096 x 1000",
        "fc8 input gradient: 32 x 1000 x 4096, b transposed",
        "fc8 weight gradient: 4096 x 32 x 1000, a transposed",
      ]
    `);
  });

  test("are its convolutions with the gradients that somebody asks for", () => {
    expect(
      convolutions(architecture, 32).map(({ name, task }) => `${name}: ${shapeText(task)}`),
    ).toMatchInlineSnapshot(`
      [
        "conv1 forward: 32 x 224x224x3 -> 96, 11x11, stride 4",
        "conv1 filter gradient: 32 x 224x224x3 -> 96, 11x11, stride 4",
        "conv2 forward: 32 x 27x27x96 -> 256, 5x5, 2 groups",
        "conv2 input gradient: 32 x 27x27x96 -> 256, 5x5, 2 groups",
        "conv2 filter gradient: 32 x 27x27x96 -> 256, 5x5, 2 groups",
        "conv3 forward: 32 x 13x13x256 -> 384, 3x3",
        "conv3 input gradient: 32 x 13x13x256 -> 384, 3x3",
        "conv3 filter gradient: 32 x 13x13x256 -> 384, 3x3",
        "conv4 forward: 32 x 13x13x384 -> 384, 3x3, 2 groups",
        "conv4 input gradient: 32 x 13x13x384 -> 384, 3x3, 2 groups",
        "conv4 filter gradient: 32 x 13x13x384 -> 384, 3x3, 2 groups",
        "conv5 forward: 32 x 13x13x384 -> 256, 3x3, 2 groups",
        "conv5 input gradient: 32 x 13x13x384 -> 256, 3x3, 2 groups",
        "conv5 filter gradient: 32 x 13x13x384 -> 256, 3x3, 2 groups",
      ]
    `);
  });

  test("have the FLOPs of the step together", () => {
    const all = [...convolutions(architecture, 32), ...linearMatmuls(architecture, 32)];
    const sum = all.reduce((total, { task }) => total + flopsOf(task), 0);
    expect(stepFlops(architecture, 32)).toBe(sum);
  });
});

describe("AlexNet's training step", () => {
  const step = stepTask(architecture, 128);

  test("says of each layer what a peer needs to know", () => {
    expect(step.layers[0]).toEqual({
      kind: "convolution",
      maps: 96,
      kernel: 11,
      stride: 4,
      padding: [0, 3],
      groups: 1,
      normalization: { columns: 2, size: 5, k: 2, alpha: 1e-4, beta: 0.75 },
      pool: { window: 3, stride: 2, padding: [0, 0] },
    });
    expect(step.layers.at(-2)).toEqual({ kind: "linear", units: 4096, relu: true, dropout: 0.5 });
    expect(step.layers.at(-1)).toEqual({ kind: "linear", units: 1000, relu: false, dropout: 0 });
  });

  test("trains as the paper does", () => {
    expect(step).toMatchObject({ batch: 128, size: 224, channels: 3 });
    expect(step.update).toEqual({ learningRate: 0.01, momentum: 0.9, weightDecay: 0.0005 });
  });

  test("of another recipe is refused where a stage has no place in it", () => {
    expect(() => stepTask(alexnet({ recipe: "code-2012", towers: 1 }).architecture, 1)).toThrow("has no place");
  });
});
