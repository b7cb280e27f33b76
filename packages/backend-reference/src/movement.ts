// Ops that move elements without computing: each says where its elements lie and copies them.
import {
  type ConcatenateAttributes,
  extent,
  type FlipAttributes,
  type Kernel,
  operand,
  type PadAttributes,
  rowMajorStrides,
  type SliceAttributes,
  type TransposeAttributes,
} from "@tandem/core";
import { offsetOf, stridedCopy } from "./strided-copy.ts";

export const reshapeKernel: Kernel = (_step, inputs, outputs) => {
  operand(outputs, 0).set(operand(inputs, 0));
};

export const transposeKernel: Kernel = (step, inputs, outputs) => {
  const { permutation } = step.attributes as TransposeAttributes;
  const { shape } = operand(step.outputs, 0).type;
  const inputStrides = rowMajorStrides(operand(step.inputs, 0).type.shape);
  stridedCopy(
    shape,
    { array: operand(inputs, 0), start: 0, strides: permutation.map((axis) => extent(inputStrides, axis)) },
    { array: operand(outputs, 0), start: 0, strides: rowMajorStrides(shape) },
  );
};

export const sliceKernel: Kernel = (step, inputs, outputs) => {
  const { starts, steps } = step.attributes as SliceAttributes;
  const { shape } = operand(step.outputs, 0).type;
  const inputStrides = rowMajorStrides(operand(step.inputs, 0).type.shape);
  stridedCopy(
    shape,
    {
      array: operand(inputs, 0),
      start: offsetOf(starts, inputStrides),
      strides: inputStrides.map((stride, axis) => stride * extent(steps, axis)),
    },
    { array: operand(outputs, 0), start: 0, strides: rowMajorStrides(shape) },
  );
};

export const padKernel: Kernel = (step, inputs, outputs) => {
  const { before, interior, value } = step.attributes as PadAttributes;
  const { shape } = operand(step.inputs, 0).type;
  const outputStrides = rowMajorStrides(operand(step.outputs, 0).type.shape);
  const output = operand(outputs, 0);
  output.fill(value);
  stridedCopy(
    shape,
    { array: operand(inputs, 0), start: 0, strides: rowMajorStrides(shape) },
    {
      array: output,
      start: offsetOf(before, outputStrides),
      strides: outputStrides.map((stride, axis) => stride * (extent(interior, axis) + 1)),
    },
  );
};

export const concatenateKernel: Kernel = (step, inputs, outputs) => {
  const { axis } = step.attributes as ConcatenateAttributes;
  const outputStrides = rowMajorStrides(operand(step.outputs, 0).type.shape);
  let start = 0;
  for (const [index, part] of inputs.entries()) {
    const { shape } = operand(step.inputs, index).type;
    stridedCopy(
      shape,
      { array: part, start: 0, strides: rowMajorStrides(shape) },
      { array: operand(outputs, 0), start, strides: outputStrides },
    );
    start += extent(shape, axis) * extent(outputStrides, axis);
  }
};

export const flipKernel: Kernel = (step, inputs, outputs) => {
  const { axes } = step.attributes as FlipAttributes;
  const { shape } = operand(step.inputs, 0).type;
  const strides = rowMajorStrides(shape);
  const last = shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  stridedCopy(
    shape,
    {
      array: operand(inputs, 0),
      start: offsetOf(last, strides),
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    },
    { array: operand(outputs, 0), start: 0, strides },
  );
};
