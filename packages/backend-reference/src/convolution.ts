// Two-dimensional convolution and its two gradients, as the sums they are defined by.
// All three relate input pixel (y, x) to output pixel (row, column) through a filter tap: y = row * stride + tap * dilation - padding.
import {
  type ConvolutionAttributes,
  type ConvolutionFilterGradientAttributes,
  type ConvolutionInputGradientAttributes,
  type Kernel,
  operand,
  type Shape,
} from "@tandem/core";
import { resultStore } from "./epilogue.ts";

interface Geometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  /** Input and output channels of one group. */
  readonly groupIn: number;
  readonly groupOut: number;
  readonly groups: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
}

function geometryOf(input: Shape, filter: Shape, output: Shape, { groups }: ConvolutionAttributes): Geometry {
  const [batch = 0, height = 0, width = 0, channels = 0] = input;
  const [filterHeight = 0, filterWidth = 0, groupIn = 0, outChannels = 0] = filter;
  const [, outHeight = 0, outWidth = 0] = output;
  const groupOut = outChannels / groups;
  return {
    batch,
    height,
    width,
    channels,
    filterHeight,
    filterWidth,
    groupIn,
    groupOut,
    groups,
    outHeight,
    outWidth,
    outChannels,
  };
}

export const conv2dKernel: Kernel = (step, inputs, outputs) => {
  const attributes = step.attributes as ConvolutionAttributes;
  const { strides, padding, dilations } = attributes;
  const [inputOperand, filterOperand] = [operand(step.inputs, 0), operand(step.inputs, 1)];
  const [input, filter] = [operand(inputs, 0), operand(inputs, 1)];
  const g = geometryOf(
    inputOperand.type.shape,
    filterOperand.type.shape,
    operand(step.outputs, 0).type.shape,
    attributes,
  );
  const store = resultStore(step, inputs, operand(outputs, 0));
  const sums = new Float64Array(g.outChannels);
  for (let image = 0; image < g.batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      for (let column = 0; column < g.outWidth; column++) {
        sums.fill(0);
        for (let tapY = 0; tapY < g.filterHeight; tapY++) {
          const y = row * strides[0] + tapY * dilations[0] - padding[0][0];
          if (y < 0 || y >= g.height) continue;
          for (let tapX = 0; tapX < g.filterWidth; tapX++) {
            const x = column * strides[1] + tapX * dilations[1] - padding[1][0];
            if (x < 0 || x >= g.width) continue;
            const pixel = ((image * g.height + y) * g.width + x) * g.channels;
            const tap = (tapY * g.filterWidth + tapX) * g.groupIn * g.outChannels;
            for (let channel = 0; channel < g.channels; channel++) {
              const group = Math.floor(channel / g.groupIn);
              const factor = input[pixel + channel] as number;
              const weights = tap + (channel - group * g.groupIn) * g.outChannels;
              const end = (group + 1) * g.groupOut;
              for (let out = group * g.groupOut; out < end; out++) {
                sums[out] = (sums[out] as number) + factor * (filter[weights + out] as number);
              }
            }
          }
        }
        for (let out = 0; out < g.outChannels; out++) store(sums[out] as number);
      }
    }
  }
};

export const conv2dInputGradientKernel: Kernel = (step, inputs, outputs) => {
  const attributes = step.attributes as ConvolutionInputGradientAttributes;
  const { strides, padding, dilations } = attributes;
  const [cotangentOperand, filterOperand] = [operand(step.inputs, 0), operand(step.inputs, 1)];
  const [cotangent, filter] = [operand(inputs, 0), operand(inputs, 1)];
  const output = operand(outputs, 0);
  const g = geometryOf(attributes.inputShape, filterOperand.type.shape, cotangentOperand.type.shape, attributes);
  const sums = new Float64Array(g.channels);
  let position = 0;
  for (let image = 0; image < g.batch; image++) {
    for (let y = 0; y < g.height; y++) {
      for (let x = 0; x < g.width; x++) {
        sums.fill(0);
        for (let tapY = 0; tapY < g.filterHeight; tapY++) {
          const row = (y + padding[0][0] - tapY * dilations[0]) / strides[0];
          if (!Number.isInteger(row) || row < 0 || row >= g.outHeight) continue;
          for (let tapX = 0; tapX < g.filterWidth; tapX++) {
            const column = (x + padding[1][0] - tapX * dilations[1]) / strides[1];
            if (!Number.isInteger(column) || column < 0 || column >= g.outWidth) continue;
            const pixel = ((image * g.outHeight + row) * g.outWidth + column) * g.outChannels;
            const tap = (tapY * g.filterWidth + tapX) * g.groupIn * g.outChannels;
            for (let channel = 0; channel < g.channels; channel++) {
              const group = Math.floor(channel / g.groupIn);
              const weights = tap + (channel - group * g.groupIn) * g.outChannels;
              const end = (group + 1) * g.groupOut;
              let sum = 0;
              for (let out = group * g.groupOut; out < end; out++) {
                sum += (cotangent[pixel + out] as number) * (filter[weights + out] as number);
              }
              sums[channel] = (sums[channel] as number) + sum;
            }
          }
        }
        for (let channel = 0; channel < g.channels; channel++) output[position++] = sums[channel] as number;
      }
    }
  }
};

export const conv2dFilterGradientKernel: Kernel = (step, inputs, outputs) => {
  const attributes = step.attributes as ConvolutionFilterGradientAttributes;
  const { strides, padding, dilations } = attributes;
  const [inputOperand, cotangentOperand] = [operand(step.inputs, 0), operand(step.inputs, 1)];
  const [input, cotangent] = [operand(inputs, 0), operand(inputs, 1)];
  const output = operand(outputs, 0);
  const g = geometryOf(inputOperand.type.shape, attributes.filterShape, cotangentOperand.type.shape, attributes);
  const sums = new Float64Array(g.groupIn * g.outChannels);
  let position = 0;
  for (let tapY = 0; tapY < g.filterHeight; tapY++) {
    for (let tapX = 0; tapX < g.filterWidth; tapX++) {
      sums.fill(0);
      for (let image = 0; image < g.batch; image++) {
        for (let row = 0; row < g.outHeight; row++) {
          const y = row * strides[0] + tapY * dilations[0] - padding[0][0];
          if (y < 0 || y >= g.height) continue;
          for (let column = 0; column < g.outWidth; column++) {
            const x = column * strides[1] + tapX * dilations[1] - padding[1][0];
            if (x < 0 || x >= g.width) continue;
            const inputPixel = ((image * g.height + y) * g.width + x) * g.channels;
            const outputPixel = ((image * g.outHeight + row) * g.outWidth + column) * g.outChannels;
            for (let channel = 0; channel < g.channels; channel++) {
              const group = Math.floor(channel / g.groupIn);
              const factor = input[inputPixel + channel] as number;
              const weights = (channel - group * g.groupIn) * g.outChannels;
              const end = (group + 1) * g.groupOut;
              for (let out = group * g.groupOut; out < end; out++) {
                sums[weights + out] =
                  (sums[weights + out] as number) + factor * (cotangent[outputPixel + out] as number);
              }
            }
          }
        }
      }
      output.set(sums, position);
      position += sums.length;
    }
  }
};
