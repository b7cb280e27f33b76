// The table of kernels, by op.
import { conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./filter-gradient.ts";
import type { KernelDefinition } from "./kernel.ts";
import { mapKernel } from "./map.ts";
import { matmulKernel } from "./matmul.ts";
import { concatenateKernel, flipKernel, padKernel, reshapeKernel, sliceKernel, transposeKernel } from "./movement.ts";
import { localResponseNormalizationGradientKernel, localResponseNormalizationKernel } from "./normalization.ts";
import { maxPool2dGradientKernel, maxPool2dKernel, maxPool2dPickKernel } from "./pooling.ts";
import { reduceKernel } from "./reduce.ts";
import { referenceKernel } from "./reference.ts";

/** Rare ops, run by the reference backend's loops. */
export const referenceLoops: ReadonlySet<string> = new Set(["argmax", "gather", "scatterAdd"]);

export const kernels: ReadonlyMap<string, KernelDefinition> = new Map(
  Object.entries({
    map: mapKernel,
    reduce: reduceKernel,
    reshape: reshapeKernel,
    transpose: transposeKernel,
    slice: sliceKernel,
    pad: padKernel,
    concatenate: concatenateKernel,
    flip: flipKernel,
    matmul: matmulKernel,
    conv2d: conv2dKernel,
    conv2dFilterGradient: conv2dFilterGradientKernel,
    maxPool2d: maxPool2dKernel,
    maxPool2dGradient: maxPool2dGradientKernel,
    maxPool2dPick: maxPool2dPickKernel,
    localResponseNormalization: localResponseNormalizationKernel,
    localResponseNormalizationGradient: localResponseNormalizationGradientKernel,
    ...Object.fromEntries([...referenceLoops].map((op) => [op, referenceKernel(op)])),
  }),
);
