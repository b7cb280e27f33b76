// The cotangent of a convolution's input: products of the output's cotangent and the filter, seen from the input's pixels. With
// strides, pixels fall into classes by their remainder, each of which sees taps of its own.
import { type ConvolutionInputGradientAttributes, operand } from "@tandem/core";
import type { KernelDefinition, StepShape } from "../kernel.ts";
import { operandMemory } from "../tiles/operand-memory.ts";
import { pictureLoader, tapRun, type Windows } from "../tiles/picture-loader.ts";
import type { Product } from "../tiles/product.ts";
import { productKernel } from "../tiles/product-kernel.ts";
import { runExtent } from "../tiles/run.ts";
import { turnedFilterLoader } from "../tiles/turned-filter-loader.ts";
import { type ConvolutionGeometry, convolutionGeometry } from "./convolution-geometry.ts";
import { type AxisClass, axisClasses } from "./stride-classes.ts";

export const conv2dInputGradientKernel: KernelDefinition = productKernel(conv2dInputGradientProducts);

export function conv2dInputGradientProducts(step: StepShape): readonly Product[] {
  const attributes = step.attributes as ConvolutionInputGradientAttributes;
  const { strides, padding, dilations, inputShape } = attributes;
  const [cotangent, filter] = [operand(step.inputs, 0).type.shape, operand(step.inputs, 1).type.shape];
  const geometry = convolutionGeometry(inputShape, filter, cotangent, attributes);
  const { height, width, filterHeight, filterWidth } = geometry;
  const columns = axisClasses(width, filterWidth, strides[1], dilations[1], padding[1][0]);
  return axisClasses(height, filterHeight, strides[0], dilations[0], padding[0][0]).flatMap((rows) =>
    columns.map((column) => classProduct(step, geometry, [rows, column])),
  );
}

function classProduct(
  step: StepShape,
  geometry: ConvolutionGeometry,
  [vertical, horizontal]: readonly [AxisClass, AxisClass],
): Product {
  const { images, height, width, channels, filterWidth, outHeight, outWidth, outChannels, groups } = geometry;
  const { groupIn, groupOut } = geometry;
  const pair = (get: (axis: AxisClass) => number): readonly [number, number] => [get(vertical), get(horizontal)];
  const positions = pair(({ count }) => count);
  const taps = pair(({ taps }) => taps);
  const windows: Windows = {
    images,
    size: [outHeight, outWidth],
    channels: outChannels,
    groupChannels: groupOut,
    positions,
    strides: [1, 1],
    taps,
    steps: pair(({ outputStep }) => outputStep),
    origin: pair(({ output }) => output),
  };
  const [a, b] = [operandMemory(step, "a", 0), operandMemory(step, "b", 1)];
  return {
    step,
    element: a.element,
    matrices: groups,
    rows: images * positions[0] * positions[1],
    columns: groupIn,
    depth: runExtent(tapRun(windows)),
    a: pictureLoader({ ...a, windows, positions: "span" }),
    b: turnedFilterLoader({
      ...b,
      filterWidth,
      groupIn,
      groupOut,
      outChannels,
      taps,
      first: pair(({ tap }) => tap),
      steps: pair(({ tapStep }) => tapStep),
    }),
    result: {
      rows: {
        kind: "lattice",
        stride: channels,
        images,
        size: [height, width],
        first: pair(({ first }) => first),
        steps: pair(({ step }) => step),
        positions,
      },
      matrixStride: groupIn,
    },
  };
}
