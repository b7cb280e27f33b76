// The cotangent of a convolution's filter: a product of pixels under its taps and the output's cotangent, over all positions.
import { type ConvolutionFilterGradientAttributes, operand } from "@tandem/core";
import type { KernelDefinition } from "../kernel.ts";
import { type ProductsOf, productKernel } from "../tiles/product-kernel.ts";
import { tapsProduct } from "./taps-product.ts";

export const conv2dFilterGradientProducts: ProductsOf = (step) => {
  const attributes = step.attributes as ConvolutionFilterGradientAttributes;
  const [inputNhwc, outputNhwc] = [operand(step.inputs, 0).type.shape, operand(step.inputs, 1).type.shape];
  return [tapsProduct(step, { inputNhwc, filterHwio: attributes.filterShape, outputNhwc }, attributes, "positions")];
};

export const conv2dFilterGradientKernel: KernelDefinition = productKernel(conv2dFilterGradientProducts);
