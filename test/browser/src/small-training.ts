// Some steps of a small convolutional network, on Node and in a page alike.
import {
  compile,
  crossEntropy,
  type Device,
  DeviceGroup,
  hostTensor,
  spec,
  type Tensor,
  valueAndGrad,
} from "@tandem/core";

interface Parameters {
  readonly filter: Tensor;
  readonly matrix: Tensor;
}

const [BATCH, SIDE, MAPS, CLASSES] = [16, 12, 8, 10];
const features = (SIDE / 2) ** 2 * MAPS;
const parameterSpecs = { filter: spec("f32", [3, 3, 3, MAPS]), matrix: spec("f32", [features, CLASSES]) };
const imageShape = [BATCH, SIDE, SIDE, 3];

function loss(
  parameters: Parameters,
  { images, labels }: { readonly images: Tensor; readonly labels: Tensor },
): Tensor {
  const maps = images.conv2d(parameters.filter, { padding: 1 }).relu().maxPool2d({ window: 2 });
  return crossEntropy(maps.reshape([BATCH, features]).matmul(parameters.matrix), labels).mean();
}

/** The loss before each step. Closes the devices. */
export async function train(opened: readonly Device[], steps: number): Promise<readonly number[]> {
  await using devices = new DeviceGroup(opened);
  await using step = await compile(
    ({ state, images, labels }) => {
      const { value, gradients } = valueAndGrad(loss)(state, { images, labels });
      const updated = {
        filter: state.filter.sub(gradients.filter.mul(0.1)),
        matrix: state.matrix.sub(gradients.matrix.mul(0.1)),
      };
      return { state: updated, loss: value };
    },
    { state: parameterSpecs, images: spec("f32", imageShape), labels: spec("i32", [BATCH]) },
    { devices, donate: ["state"] },
  );
  let state = await devices.place({ filter: waves([3, 3, 3, MAPS], 0.2), matrix: waves([features, CLASSES], 0.05) });
  const images = waves(imageShape, 1);
  const labels = hostTensor(
    "i32",
    [BATCH],
    Array.from({ length: BATCH }, (_, index) => index % CLASSES),
  );
  const losses: number[] = [];
  for (let index = 0; index < steps; index++) {
    const run = step.run({ state, images, labels });
    state = run.state.state;
    losses.push((await run.outputs).loss.data[0] ?? Number.NaN);
  }
  return losses;
}

/** Numbers that are the same everywhere. */
function waves(shape: readonly number[], scale: number) {
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => scale * (((index * 7919) % 1009) / 504.5 - 1)),
  );
}
