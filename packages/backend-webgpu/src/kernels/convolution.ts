// Convolution as a product of pixels under the filter's taps and the filter.
import { type ConvolutionAttributes, operand } from "@tandem/core";
import type { KernelDefinition, StepShape } from "../kernel.ts";
import { matrixLoader } from "../tiles/matrix-loader.ts";
import { operandMemory } from "../tiles/operand-memory.ts";
import { pictureLoader, tapRun } from "../tiles/picture-loader.ts";
import type { Product } from "../tiles/product.ts";
import { type ProductsOf, productKernel } from "../tiles/product-kernel.ts";
import { runExtent, wholeRun } from "../tiles/run.ts";
import { convolutionGeometry, inputWindows } from "./convolution-geometry.ts";

export const conv2dProducts: ProductsOf = (step) => [convolutionProduct(step)];

export const conv2dKernel: KernelDefinition = productKernel(conv2dProducts);

function convolutionProduct(step: StepShape): Product {
  const attributes = step.attributes as ConvolutionAttributes;
  const [input, filter] = [operand(step.inputs, 0).type.shape, operand(step.inputs, 1).type.shape];
  const geometry = convolutionGeometry(input, filter, operand(step.outputs, 0).type.shape, attributes);
  const { images, outHeight, outWidth, outChannels, groups, groupOut } = geometry;
  const windows = inputWindows(geometry, attributes);
  const taps = tapRun(windows);
  const [a, b] = [operandMemory(step, "a", 0), operandMemory(step, "b", 1)];
  const positions = images * outHeight * outWidth;
  return {
    step,
    element: a.element,
    matrices: groups,
    rows: positions,
    columns: groupOut,
    depth: runExtent(taps),
    a: pictureLoader({ ...a, windows, positions: "span" }),
    b: matrixLoader({
      ...b,
      spans: groupOut,
      depths: taps,
      spanStride: 1,
      depthStride: outChannels,
      matrixStride: groupOut,
    }),
    result: { rows: { kind: "matrix", stride: outChannels, run: wholeRun(positions) }, matrixStride: groupOut },
  };
}
