// The cotangent of a convolution's filter: a product of pixels under its taps and the output's cotangent, over all positions.
import { type ConvolutionFilterGradientAttributes, operand } from "@tandem/core";
import type { KernelDefinition, StepShape } from "../kernel.ts";
import { matrixLoader } from "../tiles/matrix-loader.ts";
import { operandMemory } from "../tiles/operand-memory.ts";
import { pictureLoader, tapRun } from "../tiles/picture-loader.ts";
import type { Product } from "../tiles/product.ts";
import { type ProductsOf, productKernel } from "../tiles/product-kernel.ts";
import { runExtent, wholeRun } from "../tiles/run.ts";
import { convolutionGeometry, inputWindows } from "./convolution-geometry.ts";

export const conv2dFilterGradientProducts: ProductsOf = (step) => [filterGradientProduct(step)];

export const conv2dFilterGradientKernel: KernelDefinition = productKernel(conv2dFilterGradientProducts);

function filterGradientProduct(step: StepShape): Product {
  const attributes = step.attributes as ConvolutionFilterGradientAttributes;
  const [input, cotangent] = [operand(step.inputs, 0).type.shape, operand(step.inputs, 1).type.shape];
  const geometry = convolutionGeometry(input, attributes.filterShape, cotangent, attributes);
  const { images, outHeight, outWidth, outChannels, groups, groupOut } = geometry;
  const windows = inputWindows(geometry, attributes);
  const taps = tapRun(windows);
  const [a, b] = [operandMemory(step, "a", 0), operandMemory(step, "b", 1)];
  const positions = images * outHeight * outWidth;
  return {
    step,
    element: a.element,
    matrices: groups,
    rows: runExtent(taps),
    columns: groupOut,
    depth: positions,
    a: pictureLoader({ ...a, windows, positions: "depth" }),
    b: matrixLoader({
      ...b,
      spans: groupOut,
      depths: wholeRun(positions),
      spanStride: 1,
      depthStride: outChannels,
      matrixStride: groupOut,
    }),
    result: { rows: { kind: "matrix", stride: outChannels, run: taps }, matrixStride: groupOut },
  };
}
