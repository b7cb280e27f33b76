// Reductions over axes: sum, max, min, and the position of the maximum.
import {
  type ArgmaxAttributes,
  elementCount,
  extent,
  type Kernel,
  operand,
  type ReduceAttributes,
  type ReduceKind,
  rowMajorStrides,
  type Shape,
} from "@tandem/core";
import { Odometer } from "./odometer.ts";

/** How a partial result takes in an element, from the value of no elements at all; max and min pass NaN on. */
const folds = {
  sum: { initial: 0, fold: (sum, element) => sum + element },
  max: { initial: Number.NEGATIVE_INFINITY, fold: Math.max },
  min: { initial: Number.POSITIVE_INFINITY, fold: Math.min },
} satisfies Record<ReduceKind, { initial: number; fold: (partial: number, element: number) => number }>;

/** The parts of `shape` and of its strides that lie along `axes`. */
function along(shape: Shape, axes: readonly number[]): { shape: Shape; strides: number[] } {
  const strides = rowMajorStrides(shape);
  return { shape: axes.map((axis) => extent(shape, axis)), strides: axes.map((axis) => extent(strides, axis)) };
}

export const reduceKernel: Kernel = (step, inputs, outputs) => {
  const { kind, axes } = step.attributes as ReduceAttributes;
  const { shape } = operand(step.inputs, 0).type;
  const [input, output] = [operand(inputs, 0), operand(outputs, 0)];
  const kept = along(
    shape,
    [...shape.keys()].filter((axis) => !axes.includes(axis)),
  );
  const reduced = along(shape, axes);
  const reducedCount = elementCount(reduced.shape);
  const { initial, fold } = folds[kind];
  const outer = new Odometer(kept.shape, [kept.strides]);
  const inner = new Odometer(reduced.shape, [reduced.strides]);
  for (let position = 0; position < output.length; position++) {
    const start = outer.offsets[0] as number;
    let partial = initial;
    for (let element = 0; element < reducedCount; element++) {
      partial = fold(partial, input[start + (inner.offsets[0] as number)] as number);
      inner.advance();
    }
    output[position] = partial;
    outer.advance();
  }
};

export const argmaxKernel: Kernel = (step, inputs, outputs) => {
  const { axis } = step.attributes as ArgmaxAttributes;
  const { shape } = operand(step.inputs, 0).type;
  const [input, output] = [operand(inputs, 0), operand(outputs, 0)];
  const size = extent(shape, axis);
  const inner = elementCount(shape.slice(axis + 1));
  for (let position = 0; position < output.length; position++) {
    const start = Math.floor(position / inner) * size * inner + (position % inner);
    let best = 0;
    for (let index = 1; index < size; index++) {
      if ((input[start + index * inner] as number) > (input[start + best * inner] as number)) best = index;
    }
    output[position] = best;
  }
};
