// The one table of kernels: every primitive but `transfer`, which the executor carries out itself.
import type { Kernel } from "@tandem/core";
import { conv2dFilterGradientKernel, conv2dInputGradientKernel, conv2dKernel } from "./convolution.ts";
import { gatherKernel, scatterAddKernel } from "./gather.ts";
import { mapKernel } from "./map.ts";
import { matmulKernel } from "./matmul.ts";
import { concatenateKernel, flipKernel, padKernel, reshapeKernel, sliceKernel, transposeKernel } from "./movement.ts";
import { maxPool2dGradientKernel, maxPool2dKernel, maxPool2dPickKernel } from "./pooling.ts";
import { argmaxKernel, reduceKernel } from "./reduce.ts";

/** By op. Each kernel computes in float64 and rounds once when it stores. */
export const referenceKernels: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({
    map: mapKernel,
    reduce: reduceKernel,
    argmax: argmaxKernel,
    reshape: reshapeKernel,
    transpose: transposeKernel,
    slice: sliceKernel,
    pad: padKernel,
    concatenate: concatenateKernel,
    flip: flipKernel,
    matmul: matmulKernel,
    conv2d: conv2dKernel,
    conv2dInputGradient: conv2dInputGradientKernel,
    conv2dFilterGradient: conv2dFilterGradientKernel,
    maxPool2d: maxPool2dKernel,
    maxPool2dGradient: maxPool2dGradientKernel,
    maxPool2dPick: maxPool2dPickKernel,
    gather: gatherKernel,
    scatterAdd: scatterAddKernel,
  }),
);
