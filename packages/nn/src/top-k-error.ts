// How often the label is not among the k likeliest classes.
import { map, oneHot, operand, reshape, ShapeError, sum, type Tensor, where } from "@tandem/core";

/**
 * How many classes come before each label (i32 [n]): those with a larger score [n, classes], and those of equal score with a
 * smaller index. A score that is NaN comes before every label, so that a network that broke down is never right.
 */
export function labelRank(scores: Tensor, labels: Tensor): Tensor {
  const [samples = 0, classes = 0] = scores.shape;
  if (scores.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== samples) {
    throw new ShapeError(`labelRank: expects scores [n, classes] and labels [n], found ${scores} and ${labels}`);
  }
  const labelScore = sum(where(oneHot(labels, classes, "bool"), scores, 0), 1, { keepDimensions: true });
  const comesBefore = map([scores, labelScore, reshape(labels, [samples, 1])], (scalars, builder) => {
    const [score, own, label] = [operand(scalars, 0), operand(scalars, 1), operand(scalars, 2)];
    const index = builder.coordinate(1).cast("i32");
    const isBehind = score.lt(own).or(score.eq(own).and(index.ge(label)));
    return [isBehind.select(builder.constant(0, "i32"), 1)];
  });
  return sum(operand(comesBefore, 0), 1);
}

/**
 * For each k the sum (f32 scalar) of the weights of the samples whose label is not among the first k; without weights, their
 * number. Divide sums over all batches by the sum of all weights to get an error rate.
 */
export function topKErrors(scores: Tensor, labels: Tensor, ks: readonly number[], weights?: Tensor): Tensor[] {
  const rank = labelRank(scores, labels);
  return ks.map((k) => {
    const isWrong = rank.greaterEqual(k).cast("f32");
    return sum(weights === undefined ? isWrong : isWrong.mul(weights));
  });
}
