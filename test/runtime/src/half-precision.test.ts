// Training in f16 on adapters that have it, beside f16 and f32 on the reference; and a clear refusal elsewhere.
import { openReference } from "@tandem/backend-reference";
import { type Capabilities, findAdapters, openWebgpu } from "@tandem/backend-webgpu";
import {
  BackendError,
  compile,
  DeviceGroup,
  deriveKey,
  type HostTensor,
  hostTensor,
  normalAt,
  type State,
  spec,
  type TensorsOf,
} from "@tandem/core";
import { type Architecture, createModel, type ModelParameters, type Precision, symmetricPadding } from "@tandem/models";
import { type LossScale, lossScaling, type OptimizerState, sgd } from "@tandem/nn";
import { describe, expect, test } from "vitest";

const [SAMPLES, SIDE, CLASSES, STEPS] = [4, 9, 4, 4];

const adapters = await findAdapters();
const [withHalf, without] = [true, false].map((has) => adapters.filter(({ f16 }) => f16 === has));
if (withHalf === undefined || withHalf.length === 0) {
  console.warn("f16 is not tested on webgpu: no adapter here has shader-f16 (Mesa's lavapipe has it)");
}

/** One layer of each kind: drivers that compute on the CPU take seconds to compile a convolution. */
const architecture: Architecture = {
  name: "two layers",
  input: { height: SIDE, width: SIDE, channels: 3 },
  columns: 1,
  layers: [
    {
      kind: "convolution",
      name: "conv1",
      maps: 8,
      kernel: 3,
      stride: 1,
      padding: symmetricPadding(1),
      sees: "image",
      weight: { kind: "he" },
      bias: { kind: "constant", value: 0 },
      stages: [
        { kind: "activation", name: "relu1", function: "relu" },
        { kind: "responseNormalization", name: "norm1", size: 5, k: 2, alpha: 1e-4, beta: 0.75, within: "layer" },
        { kind: "pool", name: "pool1", method: "max", window: 3, stride: 2, padding: symmetricPadding(0) },
      ],
    },
  ],
  classifier: {
    kind: "linear",
    name: "fc2",
    units: CLASSES,
    weight: { kind: "he" },
    bias: { kind: "constant", value: 0 },
    stages: [],
  },
  biasRule: { learningRate: 1, decay: 1 },
};

/** A step of training with a scaled loss. */
function training(precision: Precision) {
  const model = createModel(architecture, { precision });
  const optimizer = sgd({ momentum: 0.9, ruleOf: model.ruleOf });
  const scaling = lossScaling({ initialScale: 2 ** 10, growthInterval: 2 });
  const specs = {
    state: optimizer.specs(model.types),
    lossScale: scaling.specs(),
    images: spec("f32", [SAMPLES, SIDE, SIDE, 3]),
    labels: spec("i32", [SAMPLES]),
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
  const step = ({ state, lossScale, images, labels, learningRate, random }: TensorsOf<typeof specs>) => {
    const { value, gradients, guard } = scaling.valueAndGrad(model.loss, lossScale)(
      state.parameters,
      { images, labels },
      { training: true, random },
    );
    return {
      state: optimizer.update(state, gradients, learningRate, { guard }),
      lossScale: scaling.update(lossScale, guard),
      loss: value,
    };
  };
  return { model, optimizer, scaling, specs, step };
}

interface Trained {
  readonly losses: readonly number[];
  readonly scale: number;
}

async function train(devices: DeviceGroup, precision: Precision): Promise<Trained> {
  const { model, optimizer, scaling, specs, step } = training(precision);
  await using compiled = await compile(step, specs, { devices, donate: ["state", "lossScale"] });
  const initial = optimizer.initialize(model.initialize(4));
  let state: State<OptimizerState<ModelParameters<HostTensor>, "velocities">> = await devices.place(initial);
  let lossScale: State<LossScale<HostTensor>> = await devices.place(scaling.initialize());
  const key = deriveKey(9, 0, "pictures");
  const pixels = Array.from({ length: SAMPLES * SIDE * SIDE * 3 }, (_, index) => normalAt(key, 0, index));
  const images = hostTensor("f32", specs.images.shape, pixels);
  const labels = hostTensor("i32", [SAMPLES], [0, 1, 2, 3]);
  const losses: number[] = [];
  for (let index = 0; index < STEPS; index++) {
    const random = { seed: 1, step: index };
    const run = compiled.run({ state, lossScale, images, labels, learningRate: 0.02, random });
    ({ state, lossScale } = run.state);
    losses.push((await run.outputs).loss.data[0] ?? Number.NaN);
  }
  const { scale } = await lossScale.read();
  return { losses, scale: scale.data[0] ?? Number.NaN };
}

const largestDifference = (found: Trained, expected: Trained): number =>
  Math.max(...expected.losses.map((loss, index) => Math.abs((found.losses[index] ?? Number.NaN) - loss) / loss));

async function opened({ adapter }: Capabilities): Promise<DeviceGroup> {
  return new DeviceGroup(await openWebgpu({ adapter }));
}

describe.each(withHalf ?? [])("training in f16 on $adapter", (capabilities) => {
  test("gives the losses of f16 and f32 on the reference within 1 percent", async () => {
    const reference = new DeviceGroup(await openReference());
    await using devices = await opened(capabilities);
    const half = await train(devices, "f16");
    const [single, truth] = [await train(reference, "f32"), await train(reference, "f16")];
    expect(largestDifference(half, single)).toBeLessThan(0.01);
    expect(largestDifference(half, truth)).toBeLessThan(0.01);
    expect(half.scale).toBe(2 ** 12);
    expect(half.losses).not.toEqual(single.losses);
  }, 300_000);
});

test.each(without ?? [])(
  "$adapter, which has no shader-f16, refuses with the layer and what to do",
  async (capabilities) => {
    await using devices = await opened(capabilities);
    const { specs, step } = training("f16");
    const compiling = compile(step, specs, { devices, donate: ["state", "lossScale"] });
    await expect(compiling).rejects.toThrow(BackendError);
    await expect(compiling).rejects.toThrow(/webgpu cannot run map f32\[[\d,]+\] -> f16\[[\d,]+\].*\n +in +conv1/);
    await expect(compiling).rejects.toThrow("--precision f32");
  },
);
