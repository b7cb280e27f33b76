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
import type { CompiledFunction } from "../assembly/function.ts";
import { areWords, type KernelDefinition, type Machine, type PreparedKernel, type StepShape } from "./kernel.ts";
import { preparedMap } from "./map.ts";
import { compileStridedCopy } from "./strided-copy.ts";

const BYTES = 4;

interface Movement {
  readonly shape: Shape;
  readonly fromStrides: readonly number[];
  readonly toStrides: readonly number[];
  /** Elements before the first one that is read, and written. */
  readonly fromStart?: number;
  readonly toStart?: number;
}

function preparedCopy(
  machine: Machine,
  { shape, fromStrides, toStrides, fromStart = 0, toStart = 0 }: Movement,
): CompiledFunction {
  const key = `copy ${JSON.stringify([shape, fromStrides, toStrides])}`;
  const copy = machine.compiled(key, (memory) => compileStridedCopy(shape, fromStrides, toStrides, memory));
  return (from = 0, to = 0) => copy(from + BYTES * fromStart, to + BYTES * toStart);
}

/** An op that copies parts of its one input to its output. */
function movement(describe: (step: StepShape, from: Shape, to: Shape) => Movement): KernelDefinition {
  return {
    supports: areWords,
    prepare(step, machine): PreparedKernel {
      const [from, to] = [operand(step.inputs, 0).type.shape, operand(step.outputs, 0).type.shape];
      const copy = preparedCopy(machine, describe(step, from, to));
      return (inputs, outputs) => copy(operand(inputs, 0), operand(outputs, 0));
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
  prepare(step, machine) {
    const { before, interior, value } = step.attributes as PadAttributes;
    const { shape: from, dtype } = operand(step.inputs, 0).type;
    const { shape: to } = operand(step.outputs, 0).type;
    const strides = rowMajorStrides(to);
    const fill = preparedMap(
      machine,
      scalarProgram([], (_, builder) => [builder.constant(value, dtype)]),
      to,
      [],
    );
    const copy = preparedCopy(machine, {
      shape: from,
      fromStrides: rowMajorStrides(from),
      toStrides: strides.map((stride, axis) => stride * (extent(interior, axis) + 1)),
      toStart: offsetOf(before, strides),
    });
    return (inputs, outputs) => {
      fill(operand(outputs, 0));
      copy(operand(inputs, 0), operand(outputs, 0));
    };
  },
};

export const concatenateKernel: KernelDefinition = {
  supports: areWords,
  prepare(step, machine) {
    const { axis } = step.attributes as ConcatenateAttributes;
    const toStrides = rowMajorStrides(operand(step.outputs, 0).type.shape);
    let start = 0;
    const copies = step.inputs.map(({ type: { shape } }) => {
      const toStart = start * extent(toStrides, axis);
      start += extent(shape, axis);
      return preparedCopy(machine, { shape, fromStrides: rowMajorStrides(shape), toStrides, toStart });
    });
    return (inputs, outputs) => {
      for (const [index, copy] of copies.entries()) copy(operand(inputs, index), operand(outputs, 0));
    };
  },
};
