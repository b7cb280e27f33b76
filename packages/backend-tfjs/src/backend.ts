// What tfjs's kernels, and those compiled beside them, can run; everything the compiler asks before a device is opened.
import {
  type Attributes,
  type Backend,
  type ConvolutionAttributes,
  type ConvolutionFilterGradientAttributes,
  type ConvolutionInputGradientAttributes,
  conv2dFilterGradientOp,
  conv2dInputGradientOp,
  conv2dOp,
  operand,
  type Tensor,
} from "@tandem/core";
import { kernels } from "./kernels/index.ts";
import { lowerGroupedConv2d, lowerGroupedFilterGradient, lowerInputGradient } from "./lower/convolution.ts";

type Lowering = (inputs: readonly Tensor[], attributes: Attributes) => Tensor;

const lowerings: ReadonlyMap<string, Lowering> = new Map<string, Lowering>([
  [
    conv2dOp.name,
    (inputs, attributes) =>
      lowerGroupedConv2d(operand(inputs, 0), operand(inputs, 1), attributes as ConvolutionAttributes),
  ],
  [
    conv2dFilterGradientOp.name,
    (inputs, attributes) =>
      lowerGroupedFilterGradient(
        operand(inputs, 0),
        operand(inputs, 1),
        attributes as ConvolutionFilterGradientAttributes,
      ),
  ],
  [
    conv2dInputGradientOp.name,
    (inputs, attributes) =>
      lowerInputGradient(operand(inputs, 0), operand(inputs, 1), attributes as ConvolutionInputGradientAttributes),
  ],
]);

/** f32, i32, u32 and bool; f64 is the reference backend's alone. */
export const tfjsBackend: Backend = {
  name: "tfjs",
  memory: "values",
  supports: (op, inputs, outputs, attributes) => kernels.get(op)?.supports(inputs, outputs, attributes) ?? false,
  lower(op, inputs, attributes) {
    const isLowered = inputs.every(({ dtype }) => dtype === "f32") && attributes.epilogue === undefined;
    const lowering = isLowered ? lowerings.get(op) : undefined;
    return lowering === undefined ? undefined : [lowering(inputs, attributes)];
  },
  scratchBytes: (step) => kernels.get(step.op)?.scratchBytes?.(step) ?? 0,
};
