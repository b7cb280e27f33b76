// The kernels by the ops they run: the one list of them.
import type { KernelDefinition } from "../kernel.ts";
import { argmaxKernel } from "./argmax.ts";
import { averagePool2dKernel } from "./average-pool.ts";
import { concatenateKernel } from "./concatenate.ts";
import { conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./convolution-filter-gradient.ts";
import { conv2dInputGradientKernel } from "./convolution-input-gradient.ts";
import { flipKernel } from "./flip.ts";
import { gatherKernel } from "./gather.ts";
import {
  localResponseNormalizationGradientKernel,
  localResponseNormalizationKernel,
} from "./local-response-normalization.ts";
import { mapKernel } from "./map.ts";
import { matmulKernel } from "./matmul.ts";
import { maxPool2dGradientKernel, maxPool2dKernel, maxPool2dPickKernel } from "./max-pool.ts";
import { padKernel } from "./pad.ts";
import { reduceKernel } from "./reduce.ts";
import { scatterAddKernel } from "./scatter-add.ts";
import { sliceKernel } from "./slice.ts";
import { softmaxCrossEntropyGradientKernel, softmaxCrossEntropyKernel } from "./softmax-cross-entropy.ts";
import { transposeKernel } from "./transpose.ts";

export const kernels: ReadonlyMap<string, KernelDefinition> = new Map<string, KernelDefinition>([
  ["scatterAdd", scatterAddKernel],
  ["gather", gatherKernel],
  ["argmax", argmaxKernel],
  ["reduce", reduceKernel],
  ["matmul", matmulKernel],
  ["conv2d", conv2dKernel],
  ["conv2dInputGradient", conv2dInputGradientKernel],
  ["conv2dFilterGradient", conv2dFilterGradientKernel],
  ["map", mapKernel],
  ["transpose", transposeKernel],
  ["slice", sliceKernel],
  ["pad", padKernel],
  ["concatenate", concatenateKernel],
  ["flip", flipKernel],
  ["maxPool2d", maxPool2dKernel],
  ["maxPool2dGradient", maxPool2dGradientKernel],
  ["maxPool2dPick", maxPool2dPickKernel],
  ["averagePool2d", averagePool2dKernel],
  ["localResponseNormalization", localResponseNormalizationKernel],
  ["localResponseNormalizationGradient", localResponseNormalizationGradientKernel],
  ["softmaxCrossEntropy", softmaxCrossEntropyKernel],
  ["softmaxCrossEntropyGradient", softmaxCrossEntropyGradientKernel],
]);
