// Softmax and cross-entropy, also for logits that would overflow.
import { crossEntropy } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { exactly, integers, normal } from "../inputs.ts";

const extreme = exactly("float", [3, 4], [1000, 0, -1000, 999, -1000, -1000, -1000, -1000, 1000, 1000, -1000, 0]);

export const lossCases: readonly ConformanceCase[] = [
  ...[0, 1, -1].map((axis) =>
    testCase(`softmax along ${axis}`, { x: normal([3, 5, 4], 2) }, ({ x }) => x.softmax(axis)),
  ),
  testCase("softmax of extreme logits", { x: extreme }, ({ x }) => x.softmax(), { differentiable: "none" }),
  ...[0, 1, -1].map((axis) =>
    testCase(`logSoftmax along ${axis}`, { x: normal([3, 5, 4], 2) }, ({ x }) => x.logSoftmax(axis)),
  ),
  testCase("logSoftmax of extreme logits", { x: extreme }, ({ x }) => x.logSoftmax(), { differentiable: "none" }),
  testCase(
    "crossEntropy",
    { logits: normal([6, 10], 3), labels: integers("i32", [6], 0, 9) },
    (t) => crossEntropy(t.logits, t.labels),
    {
      secondOrder: true,
    },
  ),
  testCase("crossEntropy, averaged", { logits: normal([6, 10], 3), labels: integers("i32", [6], 0, 9) }, (t) =>
    crossEntropy(t.logits, t.labels).mean(),
  ),
  testCase("crossEntropy of extreme logits", { logits: extreme, labels: exactly("i32", [3], [2, 1, 0]) }, (t) =>
    crossEntropy(t.logits, t.labels),
  ),
  testCase("crossEntropy of one class", { logits: normal([3, 1]), labels: exactly("i32", [3], [0, 0, 0]) }, (t) =>
    crossEntropy(t.logits, t.labels),
  ),
  testCase("crossEntropy of positions", { logits: normal([2, 3, 5]), labels: integers("i32", [2, 3], 0, 4) }, (t) =>
    crossEntropy(t.logits, t.labels),
  ),
  testCase(
    "crossEntropy with weights",
    { logits: normal([4, 5]), labels: integers("i32", [4], 0, 4), weights: exactly("float", [4], [1, 0, 2, 1]) },
    (t) => crossEntropy(t.logits, t.labels).mul(t.weights).sum().div(t.weights.sum()),
  ),
];
