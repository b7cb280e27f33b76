// The table of generated kernels, by op.
import type { KernelDefinition } from "../kernel.ts";
import { argmaxKernel } from "./argmax.ts";
import { gatherKernel } from "./gather.ts";
import { mapKernel } from "./map.ts";
import { concatenateKernel, flipKernel, padKernel, reshapeKernel, sliceKernel, transposeKernel } from "./movement.ts";
import { localResponseNormalizationGradientKernel, localResponseNormalizationKernel } from "./normalization.ts";
import { averagePool2dKernel, maxPool2dGradientKernel, maxPool2dKernel, maxPool2dPickKernel } from "./pooling.ts";
import { reduceKernel } from "./reduce.ts";
import { scatterAddKernel } from "./scatter-add.ts";

export const generatedKernels: ReadonlyMap<string, KernelDefinition> = new Map(
  Object.entries({
    map: mapKernel,
    reduce: reduceKernel,
    argmax: argmaxKernel,
    gather: gatherKernel,
    scatterAdd: scatterAddKernel,
    reshape: reshapeKernel,
    transpose: transposeKernel,
    slice: sliceKernel,
    pad: padKernel,
    concatenate: concatenateKernel,
    flip: flipKernel,
    maxPool2d: maxPool2dKernel,
    maxPool2dGradient: maxPool2dGradientKernel,
    maxPool2dPick: maxPool2dPickKernel,
    averagePool2d: averagePool2dKernel,
    localResponseNormalization: localResponseNormalizationKernel,
    localResponseNormalizationGradient: localResponseNormalizationGradientKernel,
  }),
);
