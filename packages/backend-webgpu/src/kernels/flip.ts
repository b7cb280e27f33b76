// The order of elements reversed along some axes.
import { type FlipAttributes, operand, rowMajorStrides } from "@tandem/core";
import { areStorable, type KernelDefinition } from "../kernel.ts";
import { offsetOf } from "./offset.ts";
import { copyBindings, stridedCopy } from "./strided-copy.ts";

export const flipKernel: KernelDefinition = {
  supports: ({ inputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    copyBindings(operand(inputs, 0), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { axes } = step.attributes as FlipAttributes;
    const { shape } = operand(step.inputs, 0).type;
    const strides = rowMajorStrides(shape);
    const last = shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
    const from = {
      index: 0,
      start: offsetOf(last, strides),
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    };
    return stridedCopy(step, shape, from, { index: 0, start: 0, strides }, capabilities);
  },
};
