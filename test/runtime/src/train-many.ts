// Many steps of a two-tower network, with something to look at after each.
import { compile, type DeviceGroup, hostTensor, type State, spec, type Tensor, valueAndGrad } from "@tandem/core";
import { type ModelParameters, miniAlexnet } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { expect } from "vitest";

const BATCH = 2;

/** The losses of a two-tower network as small as the layers allow, so that hundreds of steps are quick on plain loops too. */
export async function trainMany(
  devices: DeviceGroup,
  steps: number,
  onStep: (step: number, peakBytes: readonly number[]) => Promise<void> = async () => undefined,
): Promise<readonly number[]> {
  const model = miniAlexnet({
    classes: 3,
    inputSize: 32,
    maps: [2, 2, 2],
    units: [4, 4],
    firstKernel: 3,
    secondKernel: 3,
    firstStride: 2,
    towers: 2,
  });
  const optimizer = sgd({ momentum: 0.9, ruleOf: model.ruleOf });
  const { height, width, channels } = model.architecture.input;
  type Inputs = { state: { parameters: ModelParameters<Tensor>; velocities: ModelParameters<Tensor> } } & Record<
    "images" | "labels" | "learningRate" | "seed" | "step",
    Tensor
  >;
  const program = await compile(
    ({ state, images, labels, learningRate, seed, step }: Inputs) => {
      const { value, gradients } = valueAndGrad(model.loss)(
        state.parameters,
        { images, labels },
        { training: true, random: { seed, step } },
      );
      return { state: optimizer.update(state, gradients, learningRate), loss: value };
    },
    {
      state: optimizer.specs(model.types),
      images: spec("f32", [BATCH, height, width, channels]),
      labels: spec("i32", [BATCH]),
      learningRate: spec("f32", []),
      seed: spec("u32", []),
      step: spec("u32", []),
    },
    { devices, donate: ["state"] },
  );
  const images = hostTensor("f32", [BATCH, height, width, channels], 0.5);
  let state: State = await devices.place<unknown>(optimizer.initialize(model.initialize(1)), model.deviceOf);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const run = program.run({
      state,
      images,
      labels: hostTensor("i32", [BATCH], [step % 3, 0]),
      learningRate: 0.01,
      seed: 1,
      step,
    });
    state = run.state.state;
    const { loss } = await run.outputs;
    expect(loss.data[0]).toBeGreaterThan(0);
    losses.push(loss.data[0] ?? Number.NaN);
    await onStep(step, program.peakBytes);
  }
  return losses;
}
