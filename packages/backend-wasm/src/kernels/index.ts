// The kernels of this backend, by the op they run: the library's, and beside them those compiled for their shapes.
import { generatedKernels, type KernelDefinition } from "@tandem/wasm-codegen";
import { conv2dInputGradientKernel, conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./filter-gradient.ts";
import { matmulKernel } from "./matmul.ts";

export const kernels: ReadonlyMap<string, KernelDefinition> = new Map([
  ...generatedKernels,
  ...Object.entries({
    matmul: matmulKernel,
    conv2d: conv2dKernel,
    conv2dInputGradient: conv2dInputGradientKernel,
    conv2dFilterGradient: conv2dFilterGradientKernel,
  }),
]);
