// The loss that classification minimises, with weights so that padding samples count for nothing.
import { crossEntropy, mean, sum, type Tensor } from "@tandem/core";

/** sum(w v) / sum(w) of values [n], or their plain mean without weights. Weights that are all 0 have no mean: the result is NaN. */
export function weightedMean(values: Tensor, weights: Tensor | undefined): Tensor {
  return weights === undefined ? mean(values) : sum(values.mul(weights)).div(sum(weights));
}

/** Weighted mean of the softmax cross-entropy: logits [n, classes], labels i32 [n], weights f32 [n]. */
export function crossEntropyLoss(logits: Tensor, labels: Tensor, weights?: Tensor): Tensor {
  return weightedMean(crossEntropy(logits, labels), weights);
}
