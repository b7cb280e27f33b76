// Testing on several views of each picture (paper, section 4.1).
import { mean, ShapeError, softmax, type Tensor } from "@tandem/core";

/** The softmax outputs of `views` consecutive rows, averaged: logits [samples * views, classes] -> [samples, classes]. */
export function averageViews(logits: Tensor, views: number): Tensor {
  const [rows = 0, classes = 0] = logits.shape;
  if (rows % views !== 0) {
    throw new ShapeError(`averageViews: ${rows} rows of logits do not divide into samples of ${views} views`);
  }
  return mean(softmax(logits).reshape([rows / views, views, classes]), 1);
}
