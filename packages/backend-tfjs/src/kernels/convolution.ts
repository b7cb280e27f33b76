// Convolution without groups, by tfjs's FusedConv2D; its epilogue is a map over the result while that is still in the cache.
import { type ConvolutionAttributes, elementCount, extent, operand } from "@tandem/core";
import { areFloats, epilogueLaunches, isEpilogueSupported, type StepShape } from "@tandem/wasm-codegen";
import type { KernelDefinition } from "./kernel.ts";
import { preparedLaunches } from "./launches.ts";

/** XNNPACK packs filters for this many output channels at a time. */
const CHANNEL_BLOCK = 8;

/** A transposed copy of the filter, a packed one, and for each tap of each output pixel the address of its input. */
function convolutionWorkspace({ inputs, outputs }: StepShape): number {
  const filter = operand(inputs, 1).type.shape;
  const [, outHeight = 1, outWidth = 1, outChannels = 1] = operand(outputs, 0).type.shape;
  const taps = extent(filter, 0) * extent(filter, 1);
  const packedChannels = Math.ceil(outChannels / CHANNEL_BLOCK) * CHANNEL_BLOCK;
  const packed = (elementCount(filter) / outChannels + 1) * packedChannels;
  return 4 * (elementCount(filter) + packed + taps * (outHeight * outWidth + CHANNEL_BLOCK));
}

export const conv2dKernel: KernelDefinition = {
  supports(inputs, outputs, attributes) {
    const { groups, epilogue } = attributes as ConvolutionAttributes;
    return (
      areFloats(inputs.slice(0, 2)) && groups === 1 && isEpilogueSupported(epilogue, [...inputs.slice(2), ...outputs])
    );
  },
  scratchBytes: convolutionWorkspace,
  prepare(step, machine) {
    const { inputs: operands, outputs: results, attributes } = step;
    const { strides, padding, dilations, epilogue } = attributes as ConvolutionAttributes;
    const [xShape, filterShape] = [operand(operands, 0).type.shape, operand(operands, 1).type.shape];
    const { shape } = operand(results, 0).type;
    const tfjsAttributes = {
      strides: [...strides],
      pad: [[0, 0], [...padding[0]], [...padding[1]], [0, 0]],
      dilations: [...dilations],
      dataFormat: "NHWC",
      activation: "linear",
    };
    const finish = preparedLaunches(machine, epilogueLaunches(step, epilogue, machine.target));
    const isEmpty = xShape.includes(0) || filterShape.includes(0);
    return (inputs, outputs) => {
      const x = { address: operand(inputs, 0), shape: xShape };
      const filter = { address: operand(inputs, 1), shape: filterShape };
      const result = operand(outputs, 0);
      if (isEmpty) new Float32Array(machine.heap.buffer, result, elementCount(shape)).fill(0);
      else machine.tfjs.run("FusedConv2D", { x, filter }, tfjsAttributes, { address: result, shape });
      finish(inputs, outputs);
    };
  },
};
