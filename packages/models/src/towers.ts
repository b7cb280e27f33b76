// Two towers: each holds one column of the network on a device of its own. A tower's part of a parameter is the contiguous half of
// its outputs (the last axis), as a convolution in two groups has it.
import {
  elementCount,
  type HostTensor,
  hostTensor,
  logicalDevice,
  type Shape,
  ShapeError,
  type TensorType,
} from "@tandem/core";
import { isTowerTree, type LayerTree, type ModelParameters, mapLayers, type TowerTree } from "./parameters.ts";

type TowerIndex = 0 | 1;

/** The logical device of a parameter, or of anything nested as the parameters are, by its dotted name. */
export function deviceOf(name: string): string {
  return logicalDevice(name.split(".").includes("tower1") ? 1 : 0);
}

/** The name in the undivided network: `tower1.conv2.bias` is a part of `conv2.bias`. */
export function canonicalName(name: string): string {
  return name.replace(/^tower[01]\./, "");
}

/** Divides canonical values between two towers; a scalar that stands beside a parameter goes to both. */
export function splitTowers(canonical: LayerTree<HostTensor>, classifier: string): TowerTree<HostTensor> {
  return divide(canonical, classifier, (tensor, tower) => halfOf(tensor, tower));
}

/** Types of both towers' parts, each on its tower's device. */
export function towerTypes(canonical: LayerTree<TensorType>, classifier: string): TowerTree<TensorType> {
  return divide(canonical, classifier, ({ dtype, shape }, tower) => ({
    dtype,
    shape: halfShape(shape),
    device: logicalDevice(tower),
  }));
}

/** The canonical values that `splitTowers` divided; canonical values stay as they are. */
export function mergeTowers(parameters: ModelParameters<HostTensor>): LayerTree<HostTensor> {
  if (!isTowerTree(parameters)) return parameters;
  const { tower0, tower1 } = parameters;
  return mapLayers(tower0, (first, layer, parameter) => {
    const second = tower1[layer]?.[parameter];
    return second === undefined ? first : joinHalves(first, second);
  });
}

function divide<L>(canonical: LayerTree<L>, classifier: string, half: (leaf: L, tower: TowerIndex) => L): TowerTree<L> {
  const { [classifier]: whole, ...divided } = canonical;
  const tower = (index: TowerIndex): LayerTree<L> => mapLayers(divided, (leaf) => half(leaf, index));
  return { tower0: { ...tower(0), ...(whole && { [classifier]: whole }) }, tower1: tower(1) };
}

function halfShape(shape: Shape): Shape {
  const outputs = shape.at(-1);
  if (outputs === undefined) return shape;
  if (outputs % 2 !== 0) throw new ShapeError(`${outputs} outputs of [${shape}] do not divide between two towers`);
  return [...shape.slice(0, -1), outputs / 2];
}

function halfOf({ dtype, shape, data }: HostTensor, tower: TowerIndex): HostTensor {
  const partShape = halfShape(shape);
  const part = hostTensor(dtype, partShape, 0);
  const width = partShape.at(-1) ?? 1;
  const stride = shape.at(-1) ?? 1;
  const offset = shape.length === 0 ? 0 : tower * width;
  for (let row = 0; row < elementCount(partShape) / width; row++) {
    part.data.set(data.subarray(row * stride + offset, row * stride + offset + width), row * width);
  }
  return part;
}

function joinHalves(first: HostTensor, second: HostTensor): HostTensor {
  const width = first.shape.at(-1);
  if (width === undefined) return first;
  const whole = hostTensor(first.dtype, [...first.shape.slice(0, -1), 2 * width], 0);
  for (const [tower, { data }] of [first, second].entries()) {
    for (let row = 0; row < data.length / width; row++) {
      whole.data.set(data.subarray(row * width, (row + 1) * width), (2 * row + tower) * width);
    }
  }
  return whole;
}
