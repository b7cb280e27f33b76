// Maps of more operands than an adapter has bindings for.
import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, type HostTensor, hostTensor, map, type Scalar, type Tensor } from "@tandem/core";
import { expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { openWebgpu } from "../open.ts";

function numbers(count: number, seed: number): HostTensor {
  return hostTensor(
    "f32",
    [count],
    Array.from({ length: count }, (_, index) => ((index * seed) % 11) - 5),
  );
}

function operands(count: number): { readonly [name: string]: HostTensor } {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, numbers(700, index + 2)]));
}

type Body = (inputs: readonly Scalar[]) => readonly Scalar[];
const sumOf = (scalars: readonly Scalar[]): Scalar => {
  const [first, ...others] = scalars;
  if (first === undefined) throw new RangeError("there is nothing to sum");
  return others.reduce((so, other) => so.add(other), first);
};

on("SwiftShader").test.each<{ name: string; count: number; body: Body }>([
  { name: "the sum of twelve operands", count: 12, body: (inputs) => [sumOf(inputs)] },
  {
    name: "six outputs of four operands",
    count: 4,
    body: (inputs) => Array.from({ length: 6 }, (_, index) => sumOf(inputs).mul(index + 1)),
  },
  {
    name: "a condition that reads as much as its branches",
    count: 9,
    body: (inputs) => [
      sumOf(inputs.slice(0, 3))
        .gt(sumOf(inputs.slice(3, 6)))
        .select(sumOf(inputs.slice(6)), sumOf(inputs)),
    ],
  },
])("$name", async ({ count, body }) => {
  const limits = { storageBindings: 4, bindingBytes: 1024 };
  const inputs = operands(count);
  const compute = (tensors: { readonly [name: string]: Tensor }): { readonly [name: string]: Tensor } =>
    Object.fromEntries(map(Object.values(tensors), body).map((tensor, index) => [`y${index}`, tensor]));
  await using found = new DeviceGroup(await openWebgpu({ adapter: "SwiftShader", restrictions: { limits } }));
  await using exact = new DeviceGroup(await openReference());
  expect(await evaluate(compute, inputs, { devices: found })).toEqual(
    await evaluate(compute, inputs, { devices: exact }),
  );
});
