import { hostTensor, spec } from "@tandem/core";
import { expect, test } from "vitest";
import { adam } from "./adam.ts";
import { mapState } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

test("an optimiser's state starts at zero, nested as the parameters are", () => {
  const parameters = { conv1: { weight: hostTensor("f32", [2], [1, 2]), bias: hostTensor("f32", [1], [3]) } };
  expect(sgd().initialize(parameters)).toEqual({
    parameters,
    velocities: { conv1: { weight: hostTensor("f32", [2], 0), bias: hostTensor("f32", [1], 0) } },
  });
});

test("types of the state are on the parameters' devices", () => {
  const parameters = { near: spec("f32", [2, 3]), far: spec("f32", [4], "device:1") };
  expect(adam().specs(parameters)).toEqual({
    parameters,
    firstMoments: parameters,
    secondMoments: parameters,
    updates: { near: spec("f32", []), far: spec("f32", [], "device:1") },
  });
});

test("mapState changes every part of the state", () => {
  const state = { parameters: { w: 1 }, velocities: { w: 2 } };
  expect(mapState(state, ({ w }) => ({ doubled: 2 * w }))).toEqual({
    parameters: { doubled: 2 },
    velocities: { doubled: 4 },
  });
});
