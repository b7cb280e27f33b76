// Moving elements: each op is one or more strided copies, compiled when a program is loaded.
import {
  type ConcatenateAttributes,
  extent,
  type FlipAttributes,
  operand,
  type PadAttributes,
  rowMajorStrides,
  type Shape,
  type SliceAttributes,
  scalarProgram,
  type TransposeAttributes,
} from "@tandem/core";
import { input, launchesOf, output } from "../generated.ts";
import { areWords, type KernelDefinition, type LaunchTarget, type StepShape } from "../kernel.ts";
import type { Launch } from "../launch.ts";
import { compileMap } from "../map/compile-map.ts";
import { compileStridedCopy } from "./strided-copy.ts";

interface Movement {
  readonly shape: Shape;
  readonly fromStrides: readonly number[];
  readonly toStrides: readonly number[];
  /** Elements before the first one that is read, and written. */
  readonly fromStart?: number;
  readonly toStart?: number;
}

/** Copies a part of an input to the output. */
function copyLaunches(
  { shape, fromStrides, toStrides, fromStart = 0, toStart = 0 }: Movement,
  target: LaunchTarget,
  index = 0,
): readonly Launch[] {
  const copy = compileStridedCopy(shape, fromStrides, toStrides, target);
  return launchesOf(copy, input(index, fromStart), output(0, toStart));
}

/** An op that copies parts of its one input to its output. */
function movement(describe: (step: StepShape, from: Shape, to: Shape) => Movement): KernelDefinition {
  return {
    supports: areWords,
    launches(step, target) {
      const [from, to] = [operand(step.inputs, 0).type.shape, operand(step.outputs, 0).type.shape];
      return copyLaunches(describe(step, from, to), target);
    },
  };
}

const offsetOf = (positions: readonly number[], strides: readonly number[]): number =>
  positions.reduce((offset, position, axis) => offset + position * extent(strides, axis), 0);

export const transposeKernel: KernelDefinition = movement(({ attributes }, from, to) => {
  const { permutation } = attributes as TransposeAttributes;
  const strides = rowMajorStrides(from);
  return { shape: to, fromStrides: permutation.map((axis) => extent(strides, axis)), toStrides: rowMajorStrides(to) };
});

export const reshapeKernel: KernelDefinition = movement((_step, _from, to) => {
  const strides = rowMajorStrides(to);
  return { shape: to, fromStrides: strides, toStrides: strides };
});

export const sliceKernel: KernelDefinition = movement(({ attributes }, from, to) => {
  const { starts, steps } = attributes as SliceAttributes;
  const strides = rowMajorStrides(from);
  return {
    shape: to,
    fromStrides: strides.map((stride, axis) => stride * extent(steps, axis)),
    toStrides: rowMajorStrides(to),
    fromStart: offsetOf(starts, strides),
  };
});

export const flipKernel: KernelDefinition = movement(({ attributes }, from, to) => {
  const { axes } = attributes as FlipAttributes;
  const strides = rowMajorStrides(from);
  const lasts = from.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  return {
    shape: to,
    fromStrides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    toStrides: rowMajorStrides(to),
    fromStart: offsetOf(lasts, strides),
  };
});

export const padKernel: KernelDefinition = {
  supports: areWords,
  launches({ inputs, outputs, attributes }, target) {
    const { before, interior, value } = attributes as PadAttributes;
    const { shape: from, dtype } = operand(inputs, 0).type;
    const { shape: to } = operand(outputs, 0).type;
    const strides = rowMajorStrides(to);
    const constant = scalarProgram([], (_, builder) => [builder.constant(value, dtype)]);
    const movement: Movement = {
      shape: from,
      fromStrides: rowMajorStrides(from),
      toStrides: strides.map((stride, axis) => stride * (extent(interior, axis) + 1)),
      toStart: offsetOf(before, strides),
    };
    return [...launchesOf(compileMap(constant, to, [], target), output(0)), ...copyLaunches(movement, target)];
  },
};

export const concatenateKernel: KernelDefinition = {
  supports: areWords,
  launches({ inputs, outputs, attributes }, target) {
    const { axis } = attributes as ConcatenateAttributes;
    const toStrides = rowMajorStrides(operand(outputs, 0).type.shape);
    let start = 0;
    return inputs.flatMap(({ type: { shape } }, index) => {
      const toStart = start * extent(toStrides, axis);
      start += extent(shape, axis);
      return copyLaunches({ shape, fromStrides: rowMajorStrides(shape), toStrides, toStart }, target, index);
    });
  },
};
