// Softmax and the cross-entropy that AlexNet minimises, stable for logits of any size.
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { div, exp, mul, sub, where } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { reshape } from "./movement.ts";
import { logSumExp, max, sum } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";

function checkLogits(logits: ArrayType, labels: ArrayType): void {
  if (!isFloat(logits.dtype)) throw new DTypeError(`logits must be floats, found ${logits.dtype}`);
  if (labels.dtype !== "i32") throw new DTypeError(`labels must be i32, found ${labels.dtype}`);
  if (!sameShape(logits.shape.slice(0, -1), labels.shape) || logits.shape.length === 0) {
    throw new ShapeError(
      `logits ${formatShape(logits.shape)} need one label a row, found labels ${formatShape(labels.shape)}`,
    );
  }
}

/** -log softmax(logits)[label] for each row: logits [..., classes], labels i32 [...], result [...]. */
export const softmaxCrossEntropyOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "softmaxCrossEntropy",
  roles: ["logits", "labels"],
  infer(inputs) {
    const [logits, labels] = [operand(inputs, 0), operand(inputs, 1)];
    checkLogits(logits, labels);
    return [{ dtype: logits.dtype, shape: labels.shape }];
  },
  vjp({ inputs, cotangents: [dy] }) {
    const [logits, labels] = [operand(inputs, 0), operand(inputs, 1)];
    return [dy && (() => applyOp1(softmaxCrossEntropyGradientOp, [logits, labels, dy], {})), undefined];
  },
  decompose(inputs) {
    const [logits, labels] = [operand(inputs, 0), operand(inputs, 1)];
    const isLabel = oneHot(labels, extent(logits.shape, logits.shape.length - 1), "bool");
    return [sub(logSumExp(logits, -1), sum(where(isLabel, logits, 0), -1))];
  },
  flops: (inputs) => 34 * elementCount(operand(inputs, 0).shape),
});

/** (softmax(logits) - oneHot(labels)) times the cotangent of each row. Inputs: logits, labels, cotangent. */
export const softmaxCrossEntropyGradientOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "softmaxCrossEntropyGradient",
  roles: ["logits", "labels", "cotangent"],
  infer(inputs) {
    const [logits, labels, dy] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
    checkLogits(logits, labels);
    if (!sameShape(dy.shape, labels.shape)) {
      throw new ShapeError(
        `cotangent ${formatShape(dy.shape)} must have a number a row, as labels ${formatShape(labels.shape)} do`,
      );
    }
    return [logits];
  },
  decompose(inputs) {
    const [logits, labels, dy] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
    const target = oneHot(labels, extent(logits.shape, logits.shape.length - 1), logits.dtype);
    return [mul(sub(softmax(logits), target), reshape(dy, [...dy.shape, 1]))];
  },
  flops: (inputs) => 36 * elementCount(operand(inputs, 0).shape),
});

/** exp(x) / sum(exp(x)) along `axis`. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const shifted = exp(sub(x, stopGradient(max(x, axis, { keepDimensions: true }))));
  return div(shifted, sum(shifted, axis, { keepDimensions: true }));
}

/** log(softmax(x)) along `axis`, without forming the softmax. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return sub(x, logSumExp(x, axis, { keepDimensions: true }));
}

/** -log softmax(logits)[label] of each row; see {@link softmaxCrossEntropyOp}. */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return applyOp1(softmaxCrossEntropyOp, [logits, labels], {});
}
