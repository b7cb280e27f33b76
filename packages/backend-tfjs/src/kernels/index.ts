// The table of kernels, by op.
import { generatedKernels } from "@tandem/wasm-codegen";
import { conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./filter-gradient.ts";
import type { KernelDefinition } from "./kernel.ts";
import { generatedKernel } from "./launches.ts";
import { matmulKernel } from "./matmul.ts";

export const kernels: ReadonlyMap<string, KernelDefinition> = new Map([
  ...[...generatedKernels].map(([op, kernel]) => [op, generatedKernel(kernel)] as const),
  ...Object.entries({
    matmul: matmulKernel,
    conv2d: conv2dKernel,
    conv2dFilterGradient: conv2dFilterGradientKernel,
  }),
]);
