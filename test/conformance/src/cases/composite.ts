// Several ops together: what fusion, simplification and differentiation meet in networks.
import { concatenate, crossEntropy, stopGradient, type Tensor } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { integers, normal } from "../inputs.ts";

const rows = (x: Tensor): Tensor => x.reshape([x.shape[0] ?? 1, -1]);

export const compositeCases: readonly ConformanceCase[] = [
  testCase(
    "a small network",
    {
      x: normal([3, 9, 9, 2]),
      filter1: normal([3, 3, 2, 4], 0.3),
      bias1: normal([4]),
      filter2: normal([3, 3, 2, 6], 0.3),
      bias2: normal([6]),
      weights: normal([24, 5], 0.3),
      labels: integers("i32", [3], 0, 4),
    },
    (t) => {
      const one = t.x
        .conv2d(t.filter1, { padding: 1 })
        .add(t.bias1)
        .relu()
        .localResponseNormalization({ alpha: 0.1 })
        .maxPool2d({ window: 3, strides: 2 });
      const two = one
        .conv2d(t.filter2, { padding: 1, groups: 2 })
        .add(t.bias2)
        .relu()
        .maxPool2d({ window: 2, strides: 2 });
      return crossEntropy(rows(two).matmul(t.weights), t.labels).mean();
    },
  ),
  testCase(
    "relu of a convolution, plus the convolution times the picture",
    { x: normal([1, 5, 5, 2]), filter: normal([3, 3, 2, 2]) },
    (t) => {
      const convolved = (): Tensor => t.x.conv2d(t.filter, { padding: 1 });
      return convolved()
        .relu()
        .add(convolved().mul(t.x.sliceAxis(3, 0, 1)));
    },
    { secondOrder: true },
  ),
  testCase(
    "grouped convolution by slices and concatenation",
    { x: normal([1, 5, 5, 4]), filter: normal([3, 3, 2, 6]) },
    (t) =>
      concatenate(
        [0, 1].map((group) =>
          t.x.sliceAxis(3, 2 * group, 2 * group + 2).conv2d(t.filter.sliceAxis(3, 3 * group, 3 * group + 3)),
        ),
        3,
      ),
  ),
  testCase(
    "attention",
    { q: normal([2, 4, 3]), k: normal([2, 5, 3]), v: normal([2, 5, 6]) },
    (t) =>
      t.q
        .matmul(t.k, { transposeB: true })
        .mul(3 ** -0.5)
        .softmax()
        .matmul(t.v),
    { secondOrder: true },
  ),
  testCase("batch normalization", { x: normal([4, 3, 3, 5], 2), gain: normal([5]), shift: normal([5]) }, (t) => {
    const centred = t.x.sub(t.x.mean([0, 1, 2], { keepDimensions: true }));
    return centred
      .mul(centred.square().mean([0, 1, 2], { keepDimensions: true }).add(1e-3).rsqrt())
      .mul(t.gain)
      .add(t.shift);
  }),
  testCase(
    "stopGradient of a factor",
    { x: normal([3, 4]), y: normal([3, 4]) },
    (t) => t.x.mul(stopGradient(t.y.exp())),
    { differentiable: ["x"] },
  ),
  testCase(
    "an output that is an input, and one that is a constant",
    { x: normal([3]), y: normal([2]) },
    ({ x, y }) => ({ x, y, sum: x.sum().add(y.sum()) }),
  ),
];
