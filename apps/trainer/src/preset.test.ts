import { describe, expect, test } from "vitest";
import { configFor } from "./preset.ts";

describe("a configuration", () => {
  test("follows the recipe where there is no better preset", () => {
    const config = configFor({ model: "alexnet", data: "emoji", seed: 1, recipe: "code-2012" });
    expect(config).toMatchObject({
      batch: 128,
      epochs: 93,
      learningRate: 0.01,
      momentum: 0.9,
      weightDecay: 0.0005,
      pixelDivisor: 1.1,
      towers: 2,
      augmentation: { colourNoise: "code-2012", epochsWithoutColourNoise: 25, picturesPerCrop: 32 },
    });
  });

  test("takes what the user chose", () => {
    const choices = { batch: 7, epochs: 3, learningRate: 0.5, towers: 1, steps: 10 } as const;
    expect(configFor({ model: "alexnet-mini", data: "emoji", seed: 9, ...choices })).toMatchObject({
      ...choices,
      seed: 9,
    });
  });

  test("knows the whole of Fashion-MNIST by either of its names", () => {
    const { data: _, ...full } = configFor({ model: "alexnet-mini", data: "fashion-mnist-full", seed: 1 });
    const { data, ...files } = configFor({ model: "alexnet-mini", data: "fashion-mnist=/pictures", seed: 1 });
    expect(data).toBe("fashion-mnist=/pictures");
    expect(files).toEqual(full);
  });

  test("strengthens the colour noise of emoji and leaves the rest of the augmentation to the recipe", () => {
    const { augmentation } = configFor({ model: "alexnet-mini", data: "emoji", seed: 1, recipe: "code-2012" });
    expect(augmentation).toEqual({
      crops: "random",
      flips: true,
      colourNoise: "code-2012",
      colourNoiseStrength: 3,
      epochsWithoutColourNoise: 25,
      picturesPerCrop: 32,
    });
  });

  test("gives towers to networks that have them", () => {
    const towers = (choices: Partial<Parameters<typeof configFor>[0]>): number =>
      configFor({ model: "alexnet-mini", data: "fashion-mnist", seed: 1, ...choices }).towers;
    expect(towers({})).toBe(2);
    expect(towers({ recipe: "caffe" })).toBe(1);
    expect(towers({ model: "alexnet-half" })).toBe(1);
    expect(towers({ model: "four-layer-relu" })).toBe(1);
  });
});
