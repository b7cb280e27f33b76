import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor } from "@tandem/core";
import { expect, test } from "vitest";
import { convolution, linear } from "./layers.ts";

const devices = new DeviceGroup(await openReference());

test("a linear layer multiplies by its weights and adds a bias to each unit", async () => {
  const inputs = {
    x: hostTensor("f32", [2, 2], [1, 2, 3, 4]),
    weight: hostTensor("f32", [2, 3], [1, 0, 2, 0, 1, 3]),
    bias: hostTensor("f32", [3], [10, 20, 30]),
  };
  const { y } = await evaluate(({ x, weight, bias }) => ({ y: linear(x, { weight, bias }) }), inputs, { devices });
  expect(Array.from(y.data)).toEqual([11, 22, 38, 13, 24, 48]);
});

test("a convolution adds a bias to each map, and its groups see only their channels", async () => {
  const inputs = {
    x: hostTensor("f32", [1, 1, 2, 2], [1, 10, 2, 20]),
    weight: hostTensor("f32", [1, 1, 1, 2], [2, 3]),
    bias: hostTensor("f32", [2], [0.5, -0.5]),
  };
  const { y } = await evaluate(
    ({ x, weight, bias }) => ({ y: convolution(x, { weight, bias }, { groups: 2 }) }),
    inputs,
    { devices },
  );
  expect(y.shape).toEqual([1, 1, 2, 2]);
  expect(Array.from(y.data)).toEqual([2.5, 29.5, 4.5, 59.5]);
});
