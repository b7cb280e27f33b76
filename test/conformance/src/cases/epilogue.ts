// What fusion appends to matmul and convolution: written as users write it, so that fusion makes the fused forms.
import { add } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { normal } from "../inputs.ts";

const picture = normal([2, 6, 5, 3]);
const filter = normal([3, 3, 3, 4]);
const [a, b] = [normal([7, 5]), normal([5, 6])];

export const epilogueCases: readonly ConformanceCase[] = [
  testCase("conv2d + bias", { x: picture, filter, bias: normal([4]) }, (t) => t.x.conv2d(t.filter).add(t.bias)),
  testCase("conv2d + relu", { x: picture, filter }, (t) => t.x.conv2d(t.filter).relu()),
  testCase("conv2d + bias + relu", { x: picture, filter, bias: normal([4]) }, (t) =>
    t.x.conv2d(t.filter, { padding: 1 }).add(t.bias).relu(),
  ),
  testCase("conv2d + bias + relu with strides", { x: picture, filter, bias: normal([4]) }, (t) =>
    t.x.conv2d(t.filter, { padding: 1, strides: 2 }).add(t.bias).relu(),
  ),
  testCase(
    "grouped conv2d + bias + relu",
    { x: normal([2, 5, 5, 4]), filter: normal([3, 3, 2, 6]), bias: normal([6]) },
    (t) => t.x.conv2d(t.filter, { groups: 2 }).add(t.bias).relu(),
  ),
  testCase(
    "conv2d + bias + tanh",
    { x: picture, filter, bias: normal([4]) },
    (t) => t.x.conv2d(t.filter).add(t.bias).tanh(),
    {
      secondOrder: true,
    },
  ),
  testCase("conv2d + a bias for each position", { x: picture, filter, bias: normal([1, 4, 3, 1]) }, (t) =>
    t.x.conv2d(t.filter).add(t.bias),
  ),
  testCase(
    "conv2d + bias + residual + relu",
    { x: picture, filter, bias: normal([4]), residual: normal([2, 4, 3, 4]) },
    (t) => t.x.conv2d(t.filter).add(t.bias).add(t.residual).relu(),
  ),
  testCase("conv2d, read twice", { x: picture, filter, bias: normal([4]) }, (t) => {
    const result = t.x.conv2d(t.filter);
    return { direct: result, rectified: result.add(t.bias).relu() };
  }),
  testCase("two conv2d, added", { x: picture, filter, other: normal([3, 3, 3, 4]) }, (t) =>
    add(t.x.conv2d(t.filter), t.x.conv2d(t.other)).relu(),
  ),
  testCase("matmul + bias", { a, b, bias: normal([6]) }, (t) => t.a.matmul(t.b).add(t.bias)),
  testCase("matmul + bias + relu", { a, b, bias: normal([6]) }, (t) => t.a.matmul(t.b).add(t.bias).relu()),
  testCase("matmul + bias for each row", { a, b, bias: normal([7, 1]) }, (t) => t.a.matmul(t.b).add(t.bias).sigmoid()),
  testCase("matmul with b transposed + bias + relu", { a, b: normal([6, 5]), bias: normal([6]) }, (t) =>
    t.a.matmul(t.b, { transposeB: true }).add(t.bias).relu(),
  ),
  testCase("matmul + scale + clamp", { a, b }, (t) => t.a.matmul(t.b).mul(0.3).clamp(-0.51, 0.52)),
  testCase(
    "matmul + bias, added to its own operand",
    { a: normal([5, 5]), b: normal([5, 5]), bias: normal([5]) },
    (t) => t.a.matmul(t.b).add(t.bias).add(t.a),
  ),
  testCase("matmul + comparison", { a, b }, (t) => t.a.matmul(t.b).greater(0).cast("i32").sum(), {
    differentiable: "none",
  }),
];
