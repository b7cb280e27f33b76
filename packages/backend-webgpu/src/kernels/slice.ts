// Elements of each axis from a start to an end, some of them left out.
import { extent, operand, rowMajorStrides, type SliceAttributes } from "@tandem/core";
import { areStorable, type KernelDefinition } from "../kernel.ts";
import { offsetOf } from "./offset.ts";
import { copyBindings, stridedCopy } from "./strided-copy.ts";

export const sliceKernel: KernelDefinition = {
  supports: ({ inputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    copyBindings(operand(inputs, 0), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { starts, steps } = step.attributes as SliceAttributes;
    const { shape } = operand(step.outputs, 0).type;
    const strides = rowMajorStrides(operand(step.inputs, 0).type.shape);
    const from = {
      index: 0,
      start: offsetOf(starts, strides),
      strides: strides.map((stride, axis) => stride * extent(steps, axis)),
    };
    return stridedCopy(step, shape, from, { index: 0, start: 0, strides: rowMajorStrides(shape) }, capabilities);
  },
};
