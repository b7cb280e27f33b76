// Parts one after the other along an axis: a dispatch for each part.
import { type ConcatenateAttributes, extent, operand, rowMajorStrides } from "@tandem/core";
import { areStorable, type KernelDefinition } from "../kernel.ts";
import { copyBindings, stridedCopy } from "./strided-copy.ts";

export const concatenateKernel: KernelDefinition = {
  supports: ({ inputs, outputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    copyBindings(operand(outputs, 0), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { axis } = step.attributes as ConcatenateAttributes;
    const strides = rowMajorStrides(operand(step.outputs, 0).type.shape);
    let start = 0;
    return step.inputs.flatMap(({ type: { shape } }, index) => {
      const to = { index: 0, start, strides };
      start += extent(shape, axis) * extent(strides, axis);
      return stridedCopy(step, shape, { index, start: 0, strides: rowMajorStrides(shape) }, to, capabilities);
    });
  },
};
