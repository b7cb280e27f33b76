// Trains a perceptron of two layers for many steps, two of which are always under way.
import { compile, type Device, DeviceGroup, hostTensor, spec, type Tensor, valueAndGrad } from "@tandem/core";

const [BATCH, INPUTS, HIDDEN, OUTPUTS] = [6, 5, 7, 3];

interface Weights<T> {
  readonly first: T;
  readonly second: T;
}

function loss(weights: Weights<Tensor>, { x, target }: { readonly x: Tensor; readonly target: Tensor }): Tensor {
  return x.matmul(weights.first).relu().matmul(weights.second).sub(target).square().mean();
}

const weights: Weights<readonly [number, number]> = { first: [INPUTS, HIDDEN], second: [HIDDEN, OUTPUTS] };
const specs = {
  state: { first: spec("f32", weights.first), second: spec("f32", weights.second) },
  x: spec("f32", [BATCH, INPUTS]),
  target: spec("f32", [BATCH, OUTPUTS]),
};

/** Numbers between -1 and 1 that look like noise. */
function noise(shape: readonly [number, number], seed: number) {
  const count = shape[0] * shape[1];
  return hostTensor(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => Math.sin(1000 * (index + seed))),
  );
}

/** The loss of each step; `onStep` is told of each that has ended, and of the bytes that the plan needs. */
export async function trainTiny(
  device: Device,
  steps: number,
  onStep: (step: number, plannedBytes: number) => Promise<void> = async () => undefined,
): Promise<readonly number[]> {
  const devices = new DeviceGroup([device]);
  await using program = await compile(
    ({ state, x, target }: { state: Weights<Tensor>; x: Tensor; target: Tensor }) => {
      const { value, gradients } = valueAndGrad(loss)(state, { x, target });
      const updated = (name: keyof Weights<Tensor>) => state[name].sub(gradients[name].mul(0.1));
      return { state: { first: updated("first"), second: updated("second") }, loss: value };
    },
    specs,
    { devices, donate: ["state"] },
  );
  let state = await devices.place<unknown>({ first: noise(weights.first, 1), second: noise(weights.second, 2) });
  const x = noise([BATCH, INPUTS], 3);
  const target = noise([BATCH, OUTPUTS], 4);
  const losses: number[] = [];
  const running: Promise<number>[] = [];
  for (let step = 0; step < steps + 1; step++) {
    if (step < steps) {
      const run = program.run({ state, x, target });
      state = run.state.state;
      running.push(run.outputs.then((outputs) => outputs.loss.data[0] ?? Number.NaN));
    }
    if (step === 0) continue;
    losses.push((await running.shift()) ?? Number.NaN);
    await onStep(step - 1, program.peakBytes[0] ?? 0);
  }
  return losses;
}
