// Convolution as a product of pixels under the filter's taps and the filter.
import { type ConvolutionAttributes, operand } from "@tandem/core";
import type { KernelDefinition } from "../kernel.ts";
import { type ProductsOf, productKernel } from "../tiles/product-kernel.ts";
import { tapsProduct } from "./taps-product.ts";

export const conv2dProducts: ProductsOf = (step) => {
  const [inputNhwc, filterHwio] = [operand(step.inputs, 0).type.shape, operand(step.inputs, 1).type.shape];
  const shapes = { inputNhwc, filterHwio, outputNhwc: operand(step.outputs, 0).type.shape };
  return [tapsProduct(step, shapes, step.attributes as ConvolutionAttributes, "taps")];
};

export const conv2dKernel: KernelDefinition = productKernel(conv2dProducts);
