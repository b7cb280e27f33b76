// The small two-tower AlexNet: PyTorch's activations, loss and gradients, in one tower and in two, on every backend.
import {
  compile,
  DeviceGroup,
  elementCount,
  type HostTensor,
  hostTensor,
  rowMajorStrides,
  spec,
  valueAndGrad,
} from "@tandem/core";
import { alexnet, type LayerTree } from "@tandem/models";
import { testedBackends } from "@tandem/test-conformance/backends";
import { describe, expect, test } from "vitest";
import { difference, TOLERANCE } from "./difference.ts";
import { readTensors } from "./read.ts";

const [parameters, batches, expected] = [readTensors("params"), readTensors("batches"), readTensors("fwdbwd_tower")];
const activationNames = [...expected.keys()].filter((name) => name.startsWith("act."));
const gradientNames = [...expected.keys()].filter((name) => name.startsWith("grad."));

function named(tensors: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new RangeError(`there is no golden tensor ${name}`);
  return found;
}

/** Axis i of the result is axis `permutation[i]` of the tensor. */
function transposed({ dtype, shape, data }: HostTensor, permutation: readonly number[]): HostTensor {
  const strides = rowMajorStrides(shape);
  const [newShape, readStrides] = [shape, strides].map((list) => permutation.map((axis) => list[axis] ?? 1));
  const result = hostTensor(dtype, newShape ?? [], 0);
  const writeStrides = rowMajorStrides(result.shape);
  for (let index = 0; index < elementCount(shape); index++) {
    const source = writeStrides.reduce((sum, stride, axis) => {
      const coordinate = Math.floor(index / stride) % (result.shape[axis] ?? 1);
      return sum + coordinate * (readStrides?.[axis] ?? 0);
    }, 0);
    result.data[index] = data[source] ?? Number.NaN;
  }
  return result;
}

/** From PyTorch's layout: NCHW to NHWC for values, OIHW to HWIO and [out, in] to [in, out] for weights. */
const fromValue = (value: HostTensor): HostTensor =>
  value.shape.length === 4 ? transposed(value, [0, 2, 3, 1]) : value;
const fromParameter = (parameter: HostTensor): HostTensor =>
  parameter.shape.length === 4
    ? transposed(parameter, [2, 3, 1, 0])
    : parameter.shape.length === 2
      ? transposed(parameter, [1, 0])
      : parameter;

const layerNames = [...parameters.keys()].flatMap((name) => (name.endsWith(".w") ? [name.slice(0, -2)] : []));
const canonical: LayerTree<HostTensor> = Object.fromEntries(
  layerNames.map((layer) => [
    layer,
    { weight: fromParameter(named(parameters, `${layer}.w`)), bias: named(parameters, `${layer}.b`) },
  ]),
);

/** The first of the stored batches. */
function firstBatch(name: string): HostTensor {
  const { dtype, shape, data } = named(batches, name);
  return hostTensor(dtype, shape.slice(1), Array.from(data.subarray(0, elementCount(shape.slice(1)))));
}
const images = fromValue(firstBatch("x"));
const labels = firstBatch("y");

const placements = [
  { towers: 1, deviceCount: 1 },
  { towers: 2, deviceCount: 1 },
  { towers: 2, deviceCount: 2 },
] as const;

describe.each(testedBackends)("$name", ({ open }) => {
  test.each(placements)("$towers tower(s) on $deviceCount device(s)", async ({ towers, deviceCount }) => {
    await using devices = new DeviceGroup(await open({ count: deviceCount }));
    const model = alexnet({ recipe: "paper", towers, classes: 20, inputSize: 67, width: 1 / 8, dropout: 0 });
    const program = await compile(
      (inputs) => {
        const mode = { training: false } as const;
        const { value: loss, gradients } = valueAndGrad(model.loss)(inputs.parameters, inputs.batch, mode);
        return { loss, gradients, activations: model.activations(inputs.parameters, inputs.batch.images, mode) };
      },
      { parameters: model.types, batch: { images: spec("f32", images.shape), labels: spec("i32", labels.shape) } },
      { devices, borrow: ["parameters"] },
    );
    const state = await devices.place(model.split(canonical), model.deviceOf);
    const { loss, gradients, activations } = await program.run({ parameters: state, batch: { images, labels } })
      .outputs;

    expect(difference(loss, named(expected, "loss")), "loss").toBeLessThanOrEqual(TOLERANCE);
    expect(activationNames).toHaveLength(13);
    for (const name of activationNames) {
      const layer = name === "act.logits" ? "fc8" : name.slice("act.".length);
      const found = activations[layer];
      expect(found && difference(found, fromValue(named(expected, name))), name).toBeLessThanOrEqual(TOLERANCE);
    }
    const merged = model.merge(gradients);
    expect(gradientNames).toHaveLength(16);
    for (const name of gradientNames) {
      const [, layer = "", kind] = name.split(".");
      const found = merged[layer]?.[kind === "w" ? "weight" : "bias"];
      expect(found && difference(found, fromParameter(named(expected, name))), name).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});
