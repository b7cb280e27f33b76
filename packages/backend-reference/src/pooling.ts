// Max-pooling, its gradient, and the gradient's transpose: all visit each window and find where its maximum is.
import { type HostArray, type Kernel, operand, type PoolAttributes, type Shape } from "@tandem/core";

/**
 * Calls `visit` for each output element, in row-major order, with the offset of its window's maximum in `input`.
 * The first in row-major order wins a tie; NaN counts as larger than any number; padding never wins.
 */
function visitMaxima(
  input: HostArray,
  shape: Shape,
  pooled: Shape,
  attributes: PoolAttributes,
  visit: (position: number, maximum: number) => void,
): void {
  const { window, strides, padding } = attributes;
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  const [, outHeight = 0, outWidth = 0] = pooled;
  let position = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < outHeight; row++) {
      const firstY = row * strides[0] - padding[0][0];
      const [top, bottom] = [Math.max(0, firstY), Math.min(height, firstY + window[0])];
      for (let column = 0; column < outWidth; column++) {
        const firstX = column * strides[1] - padding[1][0];
        const [left, right] = [Math.max(0, firstX), Math.min(width, firstX + window[1])];
        for (let channel = 0; channel < channels; channel++) {
          let maximum = ((image * height + top) * width + left) * channels + channel;
          let largest = input[maximum] as number;
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
              const offset = ((image * height + y) * width + x) * channels + channel;
              const value = input[offset] as number;
              if (value > largest || (Number.isNaN(value) && !Number.isNaN(largest))) {
                maximum = offset;
                largest = value;
              }
            }
          }
          visit(position++, maximum);
        }
      }
    }
  }
}

export const maxPool2dKernel: Kernel = (step, inputs, outputs) => {
  const [input, output] = [operand(inputs, 0), operand(outputs, 0)];
  const { shape } = operand(step.inputs, 0).type;
  const pooled = operand(step.outputs, 0).type.shape;
  visitMaxima(input, shape, pooled, step.attributes as PoolAttributes, (position, maximum) => {
    output[position] = input[maximum] as number;
  });
};

export const maxPool2dGradientKernel: Kernel = (step, inputs, outputs) => {
  const [input, cotangent] = [operand(inputs, 0), operand(inputs, 2)];
  const { shape } = operand(step.inputs, 0).type;
  const pooled = operand(step.inputs, 2).type.shape;
  const sums = new Float64Array(input.length);
  visitMaxima(input, shape, pooled, step.attributes as PoolAttributes, (position, maximum) => {
    sums[maximum] = (sums[maximum] as number) + (cotangent[position] as number);
  });
  operand(outputs, 0).set(sums);
};

export const maxPool2dPickKernel: Kernel = (step, inputs, outputs) => {
  const [input, values, output] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0)];
  const { shape } = operand(step.inputs, 0).type;
  const pooled = operand(step.outputs, 0).type.shape;
  visitMaxima(input, shape, pooled, step.attributes as PoolAttributes, (position, maximum) => {
    output[position] = values[maximum] as number;
  });
};
