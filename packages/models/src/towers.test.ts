import { type HostTensor, hostTensor } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alexnet } from "./alexnet.ts";
import { miniAlexnet } from "./mini-alexnet.ts";
import type { LayerTree } from "./parameters.ts";
import { canonicalName, deviceOf, mergeTowers, splitTowers } from "./towers.ts";

const counted = (shape: readonly number[]): HostTensor =>
  hostTensor(
    "f32",
    shape,
    Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, index) => index),
  );

describe("splitTowers", () => {
  const canonical = {
    conv1: { weight: counted([1, 1, 2, 4]), bias: counted([4]) },
    fc8: { weight: counted([2, 3]), bias: counted([3]) },
  };

  test("gives each tower the contiguous half of every layer's outputs, and the classifier to tower 0", () => {
    expect(splitTowers(canonical, "fc8")).toEqual({
      tower0: {
        conv1: { weight: hostTensor("f32", [1, 1, 2, 2], [0, 1, 4, 5]), bias: hostTensor("f32", [2], [0, 1]) },
        fc8: canonical.fc8,
      },
      tower1: {
        conv1: { weight: hostTensor("f32", [1, 1, 2, 2], [2, 3, 6, 7]), bias: hostTensor("f32", [2], [2, 3]) },
      },
    });
  });

  test("gives a scalar to both", () => {
    const counts = { conv1: { weight: hostTensor("f32", [], 7), bias: hostTensor("f32", [], 8) } };
    expect(splitTowers(counts, "fc8")).toEqual({ tower0: counts, tower1: counts });
    expect(mergeTowers(splitTowers(counts, "fc8"))).toEqual(counts);
  });

  test("mergeTowers is its inverse", () => {
    const even = fc.integer({ min: 1, max: 4 }).map((half) => 2 * half);
    const layer = fc
      .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), even)
      .map(([leading, outputs]) => ({ weight: counted([...leading, outputs]), bias: counted([outputs]) }));
    fc.assert(
      fc.property(layer, layer, layer, (conv1, fc6, fc8) => {
        const tree: LayerTree<HostTensor> = { conv1, fc6, fc8 };
        expect(mergeTowers(splitTowers(tree, "fc8"))).toEqual(tree);
      }),
    );
  });
});

test("parameters live on their tower's device", () => {
  expect(["tower0.conv1.weight", "parameters.tower1.fc7.bias", "conv1.weight"].map(deviceOf)).toEqual([
    "device:0",
    "device:1",
    "device:0",
  ]);
  expect(canonicalName("tower1.fc7.bias")).toBe("fc7.bias");
});

test("types name the device of each part, and fc8 is whole on device 0", () => {
  expect(alexnet({ towers: 2 }).types).toMatchObject({
    tower0: {
      conv2: { weight: { shape: [5, 5, 48, 128], device: "device:0" } },
      fc6: { weight: { shape: [9216, 2048], device: "device:0" } },
      fc8: { weight: { shape: [4096, 1000], device: "device:0" } },
    },
    tower1: {
      conv2: { weight: { shape: [5, 5, 48, 128], device: "device:1" } },
      conv3: { weight: { shape: [3, 3, 256, 192], device: "device:1" } },
    },
  });
  expect(alexnet({ towers: 2 }).types).not.toHaveProperty("tower1.fc8");
});

test("the same seed starts the same network in one and two towers", () => {
  const [one, two] = [miniAlexnet({ classes: 10, towers: 1 }), miniAlexnet({ classes: 10, towers: 2 })];
  expect(two.merge(two.initialize(5))).toEqual(one.initialize(5));
  expect(one.initialize(5)).not.toEqual(one.initialize(6));
});
