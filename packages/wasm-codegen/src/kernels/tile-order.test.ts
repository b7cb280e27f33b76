// Tiles may run in any order, over memory of either kind.
import { type Attributes, type Scalar, scalarProgram } from "@tandem/core";
import { expect, test } from "vitest";
import { runKernel, type Value, value } from "./run-kernel.test-support.ts";

function numbers(...shape: number[]): Value {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const elements = Array.from({ length: count }, (_, index) => Math.sin(index * 0.7) * 2);
  return value("f32", shape, elements);
}

const pool = {
  window: [3, 3],
  strides: [2, 2],
  padding: [
    [1, 1],
    [0, 1],
  ],
};
const normalization = { size: 5, k: 2, alpha: 0.1, beta: 0.75 };
const logistic = (x: Scalar | undefined): Scalar[] => (x === undefined ? [] : [x.sigmoid(), x.add(1)]);

test.each<{ op: string; inputs: readonly Value[]; attributes: Attributes }>([
  {
    op: "map",
    inputs: [numbers(3, 70_001)],
    attributes: { body: scalarProgram(["f32"], ([x]) => logistic(x)), shape: [3, 70_001] },
  },
  { op: "reduce", inputs: [numbers(30_003, 37)], attributes: { kind: "sum", axes: [0], accumulate: "f32" } },
  { op: "reduce", inputs: [numbers(500_003)], attributes: { kind: "sum", axes: [0], accumulate: "f32" } },
  { op: "reduce", inputs: [numbers(300, 1001)], attributes: { kind: "sum", axes: [1], accumulate: "f32" } },
  { op: "transpose", inputs: [numbers(301, 203)], attributes: { permutation: [1, 0] } },
  { op: "concatenate", inputs: [numbers(9, 5000), numbers(9, 3)], attributes: { axis: 1 } },
  { op: "maxPool2d", inputs: [numbers(2, 41, 37, 31)], attributes: pool },
  {
    op: "maxPool2dGradient",
    inputs: [numbers(2, 41, 37, 31), numbers(2, 21, 18, 31), numbers(2, 21, 18, 31)],
    attributes: pool,
  },
  { op: "localResponseNormalization", inputs: [numbers(900, 50)], attributes: normalization },
  {
    op: "localResponseNormalizationGradient",
    inputs: [numbers(900, 50), numbers(900, 50), numbers(900, 50)],
    attributes: normalization,
  },
  { op: "argmax", inputs: [numbers(90, 1001)], attributes: { axis: 1 } },
  { op: "gather", inputs: [numbers(9, 5000), value("i32", [12], [...Array(12).keys()])], attributes: { axis: 0 } },
  {
    op: "scatterAdd",
    inputs: [
      value(
        "i32",
        [500],
        Array.from({ length: 500 }, (_, index) => index % 7),
      ),
      numbers(500, 133),
    ],
    attributes: { axis: 0, size: 7 },
  },
])(
  "$op gives the same bits in any order of its tiles, in shared memory and in a thread's own",
  ({ op, inputs, attributes }) => {
    const [forward, backward] = (["forward", "backward"] as const).map((order) =>
      runKernel(op, inputs, attributes, order).map(({ data }) => data),
    );
    expect(forward).toEqual(backward);
  },
);
