import { openReference, referenceBackend } from "@tandem/backend-reference";
import { compile, DeviceGroup, hostTensor, logicalDevice, plan, spec, type Tensor, type TensorsOf } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { adam } from "./adam.ts";
import { finiteGuard } from "./finite-guard.ts";
import type { Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

const parameterSpecs = {
  near: { weight: spec("f32", [2, 2]) },
  far: { weight: spec("f32", [3], logicalDevice(1)) },
};
const deviceOf = (name: string): string => logicalDevice(name.includes("far") ? 1 : 0);

function guardedStep<Slot extends string>(optimizer: Optimizer<Slot>) {
  const specs = {
    state: optimizer.specs(parameterSpecs),
    gradients: { near: { weight: spec("f32", [2, 2]) }, far: { weight: spec("f32", [3]) } },
    loss: spec("f32", []),
    learningRate: spec("f32", []),
  };
  const step = (inputs: TensorsOf<typeof specs>) => {
    const gradients = {
      near: inputs.gradients.near,
      far: { weight: inputs.gradients.far.weight.to(logicalDevice(1)) },
    };
    const guard = finiteGuard(inputs.loss, gradients);
    const state = optimizer.update(inputs.state as never, gradients, inputs.learningRate, { guard });
    return { state, accepted: guard.accept as Tensor };
  };
  return { specs, step };
}

const clean = { near: [1, 2, 3, 4], far: [5, 6, 7], loss: 0.5 };
const cases = [
  { title: "everything finite", values: clean, accepted: 1 },
  { title: "a loss that is NaN", values: { ...clean, loss: Number.NaN }, accepted: 0 },
  { title: "an infinite gradient", values: { ...clean, near: [1, 2, Number.POSITIVE_INFINITY, 4] }, accepted: 0 },
  { title: "a NaN on the other device", values: { ...clean, far: [5, Number.NaN, 7] }, accepted: 0 },
];
const optimizers = [
  { name: "sgd", optimizer: sgd({ momentum: 0.9, weightDecay: 0.0005 }) as Optimizer },
  { name: "adam", optimizer: adam() as Optimizer },
];

describe.each(optimizers)("a guarded update of $name", ({ optimizer }) => {
  test.each(cases)("with $title", async ({ values, accepted }) => {
    const devices = new DeviceGroup(await openReference({ count: 2 }));
    const { specs, step } = guardedStep(optimizer);
    const compiled = await compile(step, specs, { devices, donate: ["state"] });
    const before = optimizer.initialize({
      near: { weight: hostTensor("f32", [2, 2], [1, 1, 1, 1]) },
      far: { weight: hostTensor("f32", [3], [2, 2, 2]) },
    });
    const run = compiled.run({
      state: await devices.place(before, deviceOf),
      gradients: {
        near: { weight: hostTensor("f32", [2, 2], values.near) },
        far: { weight: hostTensor("f32", [3], values.far) },
      },
      loss: values.loss,
      learningRate: 0.1,
    });
    expect((await run.outputs).accepted.data[0]).toBe(accepted);
    const after = await run.state.state.read();
    if (accepted === 0) expect(after).toEqual(before);
    else expect(after).not.toEqual(before);
  });
});

test("devices exchange one number each", () => {
  const { specs, step } = guardedStep(sgd());
  const { transfers } = plan(step, specs, { backends: [referenceBackend, referenceBackend], donate: ["state"] });
  expect(transfers.map(({ from, to, bytes, scope }) => ({ from, to, bytes, scope }))).toEqual([
    { from: 1, to: 0, bytes: 4, scope: "guard" },
    { from: 0, to: 1, bytes: 4, scope: "guard" },
  ]);
});
