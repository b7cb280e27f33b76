import { describe, expect, test } from "vitest";
import { DeviceError, DTypeError, ShapeError, type TandemError, UsageError } from "../errors.ts";
import type { Attributes } from "../graph.ts";
import { allOps, type Op } from "../op.ts";
import { scalarProgram } from "../scalar/builder.ts";
import type { Tensor } from "../tensor.ts";
import { trace } from "../trace.ts";
import { scope } from "../trace-context.ts";
import { formatTensorType, spec, type TensorType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import * as ops from "./index.ts";

interface Case {
  /** Types of the inputs, which are called a, b, c. */
  readonly inputs: readonly TensorType[];
  readonly body: (a: Tensor, b: Tensor, c: Tensor) => Tensor;
  readonly error: typeof TandemError;
  /** First line of the message. */
  readonly summary: string;
}

function failureOf({ inputs, body }: Case): unknown {
  const [a = spec("f32", []), b = spec("f32", []), c = spec("f32", [])] = inputs;
  try {
    trace((named) => ({ result: scope("layer", () => body(named.a, named.b, named.c)) }), { a, b, c });
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Records one op with exactly these attributes. */
function record<A extends Attributes>(op: Op<A>, attributes: A, inputCount: number): Case["body"] {
  return (a, b, c) => applyOp1(op, [a, b, c].slice(0, inputCount), attributes);
}

const f32 = (...shape: number[]): TensorType => spec("f32", shape);
const i32 = (...shape: number[]): TensorType => spec("i32", shape);
const shapeError = (summary: string, inputs: readonly TensorType[], body: Case["body"]): Case => ({
  inputs,
  body,
  error: ShapeError,
  summary,
});
const dtypeError = (summary: string, inputs: readonly TensorType[], body: Case["body"]): Case => ({
  inputs,
  body,
  error: DTypeError,
  summary,
});

const noPadding = [
  [0, 0],
  [0, 0],
] as const;
const pooling = { window: [2, 2], strides: [2, 2], padding: noPadding } as const;
const convolution = { strides: [1, 1], padding: noPadding, dilations: [1, 1], groups: 1, accumulate: "f32" } as const;
const normalization = { size: 5, k: 2, alpha: 1e-4, beta: 0.75, groups: 1 };
const picture = f32(1, 8, 8, 6);
const sum2 = scalarProgram(["f32", "f32"], ([a, b]) => (a && b ? [a.add(b)] : []));

const cases: readonly Case[] = [
  shapeError("add: shapes [2,3] and [4] do not broadcast together", [f32(2, 3), f32(4)], (a, b) => a.add(b)),
  dtypeError("add: add expects operands of one type, found f32 and i32", [f32(2), i32(2)], (a, b) => a.add(b)),
  dtypeError("exp: exp expects float operands, found i32", [i32(2)], (a) => a.exp()),
  dtypeError("where: select expects a bool condition, found f32", [f32(2), f32(2)], (a, b) => a.where(b, 0)),
  dtypeError("isNonFinite: bitcast expects a type of 32 bits, found f64", [spec("f64", [2])], (a) =>
    ops.isNonFinite(a),
  ),
  shapeError("map: operand 0 of shape [2] does not broadcast to [3]", [f32(2)], (a) => a.broadcastTo([3])),
  shapeError(
    "map: operand 1 of shape [3] does not broadcast to [2]",
    [f32(2), f32(3)],
    record(ops.mapOp, { body: sum2, shape: [2] }, 2),
  ),
  dtypeError(
    "map: operand 1 is i32, the body expects f32",
    [f32(2), i32(2)],
    record(ops.mapOp, { body: sum2, shape: [2] }, 2),
  ),
  shapeError("map: the result would have shape [2.5]: extents are whole numbers, 0 or more", [], () =>
    ops.full([2.5], 0),
  ),

  dtypeError("reduce: sum expects numbers, found bool", [spec("bool", [2])], (a) => a.sum()),
  shapeError("reduce: max over an axis of extent 0 has no value", [f32(2, 0)], (a) => a.max(1)),
  shapeError("sum: axis 3 is out of range for shape [2]", [f32(2)], (a) => a.sum(3)),
  shapeError("sum: axes [0,-1] repeat", [f32(2)], (a) => a.sum([0, -1])),
  dtypeError("mean: expects floats, found i32", [i32(2)], (a) => a.mean()),
  shapeError("logSumExp: axis 1 is out of range for shape [2]", [f32(2)], (a) => a.logSumExp(1)),
  shapeError("argmax: an axis of extent 0 has no maximum", [f32(0)], (a) => a.argmax()),
  shapeError("argmax: axis 2 is out of range for shape [2]", [f32(2)], (a) => a.argmax(2)),

  shapeError("reshape: 6 elements of [2,3] do not fill [4,2], which has 8", [f32(2, 3)], (a) => a.reshape([4, 2])),
  shapeError("reshape: 5 elements of [5] do not fill [2,2], which has 4", [f32(5)], (a) => a.reshape([-1, 2])),
  shapeError("transpose: [0,0] is not a permutation of the 2 axes of [2,3]", [f32(2, 3)], (a) => a.transpose([0, 0])),
  shapeError("slice: expects an entry an axis: starts has 1, the input 2 axes", [f32(2, 3)], (a) => a.slice([0], [2])),
  shapeError("slice: [1:4:1] is not within axis 1 of extent 3", [f32(2, 3)], (a) => a.slice([0, 1], [2, 4])),
  shapeError("slice: [0:3:0] is not within axis 0 of extent 3", [f32(3)], (a) => a.slice([0], [3], [0])),
  shapeError("slice: axis 5 is out of range for shape [2,3]", [f32(2, 3)], (a) => a.sliceAxis(5, 0, 1)),
  shapeError("pad: padding -1, 0 and 0 between of axis 0 must be whole, 0 or more", [f32(2)], (a) =>
    ops.pad(a, { before: [-1], after: [0] }),
  ),
  shapeError("pad: expects an entry an axis: before has 1, the input 2 axes", [f32(2, 3)], (a) =>
    ops.pad(a, { before: [1], after: [0] }),
  ),
  shapeError(
    "concatenate: part 1 is f32[2,4], which does not continue f32[2,3] along axis 0",
    [f32(2, 3), f32(2, 4)],
    (a, b) => ops.concatenate([a, b], 0),
  ),
  shapeError("concatenate: part 1 is i32[2], which does not continue f32[2] along axis 0", [f32(2), i32(2)], (a, b) =>
    ops.concatenate([a, b], 0),
  ),
  shapeError("concatenate: axis 1 is out of range for shape [2]", [f32(2), f32(2)], (a, b) =>
    ops.concatenate([a, b], 1),
  ),
  shapeError("flip: axis 2 is out of range for shape [2,3]", [f32(2, 3)], (a) => a.flip(2)),

  shapeError("matmul: a has 3 columns, b has 4 rows", [f32(2, 3), f32(4, 5)], (a, b) => a.matmul(b)),
  shapeError("matmul: a has 3 columns, b has 5 rows (transposed)", [f32(2, 3), f32(4, 5)], (a, b) =>
    a.matmul(b, { transposeB: true }),
  ),
  shapeError("matmul: operands must have at least two axes, found [3] and [3,4]", [f32(3), f32(3, 4)], (a, b) =>
    a.matmul(b),
  ),
  shapeError("matmul: batch axes [2] and [3] differ", [f32(2, 2, 3), f32(3, 3, 4)], (a, b) => a.matmul(b)),
  dtypeError("matmul: expects floats of one type, found i32 and i32", [i32(2, 3), i32(3, 4)], (a, b) => a.matmul(b)),

  shapeError("conv2d: input has 6 channels, filter expects 4", [picture, f32(3, 3, 4, 8)], (a, b) => a.conv2d(b)),
  shapeError("conv2d: input has 6 channels, filter expects 4 (2 groups of 2)", [picture, f32(3, 3, 2, 8)], (a, b) =>
    a.conv2d(b, { groups: 2 }),
  ),
  shapeError("conv2d: 8 output channels do not divide into 3 groups", [picture, f32(3, 3, 2, 8)], (a, b) =>
    a.conv2d(b, { groups: 3 }),
  ),
  shapeError("conv2d: groups must be 1 or more, found 1.5", [picture, f32(3, 3, 4, 8)], (a, b) =>
    a.conv2d(b, { groups: 1.5 }),
  ),
  shapeError(
    "conv2d: expects NHWC input and HWIO filter, found [8,8,6] and [3,3,6,8]",
    [f32(8, 8, 6), f32(3, 3, 6, 8)],
    (a, b) => a.conv2d(b),
  ),
  shapeError(
    "conv2d: a window of 3 does not fit in height 2 padded by 0 and 0",
    [f32(1, 2, 8, 6), f32(3, 3, 6, 8)],
    (a, b) => a.conv2d(b),
  ),
  shapeError(
    "conv2d: width has window 3, stride 1.5 and dilation 1, which must be 1 or more, and padding 0, 0, which must be 0 or more, all whole",
    [picture, f32(3, 3, 6, 8)],
    (a, b) => a.conv2d(b, { strides: [1, 1.5] }),
  ),
  dtypeError("conv2d: expects floats of one type, found f32 and f64", [picture, spec("f64", [3, 3, 6, 8])], (a, b) =>
    a.conv2d(b),
  ),
  shapeError(
    "conv2dInputGradient: cotangent has shape [1,5,5,8], the convolution's output [1,6,6,8]",
    [f32(1, 5, 5, 8), f32(3, 3, 6, 8)],
    record(ops.conv2dInputGradientOp, { ...convolution, inputShape: picture.shape }, 2),
  ),
  shapeError(
    "conv2dFilterGradient: cotangent has shape [1,5,5,8], the convolution's output [1,6,6,8]",
    [picture, f32(1, 5, 5, 8)],
    record(ops.conv2dFilterGradientOp, { ...convolution, filterShape: [3, 3, 6, 8] }, 2),
  ),

  shapeError("maxPool2d: expects an NHWC input, found [8,8]", [f32(8, 8)], (a) => a.maxPool2d({ window: 2 })),
  dtypeError("maxPool2d: expects floats, found i32", [i32(1, 8, 8, 1)], (a) => a.maxPool2d({ window: 2 })),
  shapeError("maxPool2d: padding 2, 2 must be smaller than the window of 2", [picture], (a) =>
    a.maxPool2d({ window: 2, padding: 2 }),
  ),
  shapeError("maxPool2d: a window of 9 does not fit in height 8 padded by 0 and 0", [picture], (a) =>
    a.maxPool2d({ window: 9 }),
  ),
  shapeError(
    "maxPool2dGradient: cotangent has shape [1,3,3,1], the pooled input [1,2,2,1]",
    [f32(1, 4, 4, 1), f32(1, 2, 2, 1), f32(1, 3, 3, 1)],
    record(ops.maxPool2dGradientOp, pooling, 3),
  ),
  shapeError(
    "maxPool2dPick: values have shape [1,4,4,2], the input [1,4,4,1]",
    [f32(1, 4, 4, 1), f32(1, 4, 4, 2)],
    record(ops.maxPool2dPickOp, pooling, 2),
  ),
  shapeError("averagePool2d: expects an NHWC input, found [8,8]", [f32(8, 8)], (a) =>
    ops.averagePool2d(a, { window: 2 }),
  ),
  dtypeError("averagePool2d: expects floats, found i32", [i32(1, 8, 8, 1)], (a) => ops.averagePool2d(a, { window: 2 })),

  shapeError("localResponseNormalization: 5 channels of [2,5] do not divide into 2 groups", [f32(2, 5)], (a) =>
    a.localResponseNormalization({ groups: 2 }),
  ),
  shapeError("localResponseNormalization: expects channels as the last axis, found a scalar", [f32()], (a) =>
    a.localResponseNormalization(),
  ),
  dtypeError("localResponseNormalization: expects floats, found i32", [i32(2, 4)], (a) =>
    a.localResponseNormalization(),
  ),
  shapeError(
    "localResponseNormalizationGradient: output [3] and cotangent [4] must have the input's shape [4]",
    [f32(4), f32(3), f32(4)],
    record(ops.localResponseNormalizationGradientOp, normalization, 3),
  ),

  dtypeError("gather: indices must be i32, found f32", [f32(4), f32(2)], (a, b) => ops.gather(a, b)),
  shapeError("gather: axis 1 is out of range for shape [4]", [f32(4), i32(2)], (a, b) => ops.gather(a, b, 1)),
  shapeError(
    "scatterAdd: updates [2,2] do not carry the indices' shape [3] at axis 0",
    [i32(3), f32(2, 2)],
    record(ops.scatterAddOp, { axis: 0, size: 4 }, 2),
  ),
  dtypeError("oneHot: labels must be i32, found f32", [f32(2)], (a) => ops.oneHot(a, 10)),
  shapeError(
    "softmaxCrossEntropy: logits [2,10] need one label a row, found labels [3]",
    [f32(2, 10), i32(3)],
    (a, b) => ops.crossEntropy(a, b),
  ),
  dtypeError("softmaxCrossEntropy: labels must be i32, found f32", [f32(2, 10), f32(2)], (a, b) =>
    ops.crossEntropy(a, b),
  ),
  dtypeError("softmaxCrossEntropy: logits must be floats, found i32", [i32(2, 10), i32(2)], (a, b) =>
    ops.crossEntropy(a, b),
  ),
  shapeError(
    "softmaxCrossEntropyGradient: cotangent [3] must have a number a row, as labels [2] do",
    [f32(2, 10), i32(2), f32(3)],
    record(ops.softmaxCrossEntropyGradientOp, {}, 3),
  ),
  dtypeError("randomWords: seed and step must be u32, found i32 and u32", [i32(), spec("u32", [])], (seed, step) =>
    ops.uniform([2], { seed, step }),
  ),
  shapeError(
    "randomWords: seed and step must be scalars, found [] and [1]",
    [spec("u32", []), spec("u32", [1])],
    (seed, step) => ops.uniform([2], { seed, step }),
  ),
];

describe("input that an op refuses", () => {
  test.each(cases)("$summary", (bad) => {
    const error = failureOf(bad);
    expect(error).toBeInstanceOf(bad.error);
    const [summary, place, ...operands] = (error as Error).message.split("\n");
    expect(summary).toBe(bad.summary);
    expect(place).toMatch(bad.inputs.length === 0 ? /^ {2}in +layer$/ : /^ {2}in +layer \(device:0\)$/);
    for (const [index, type] of bad.inputs.entries()) {
      const [, role, text, origin] = /^ {2}(\w+) +(\S+) +from (\w+)$/.exec(operands[index] ?? "") ?? [];
      expect({ text, origin }).toEqual({ text: formatTensorType(type), origin: "abc"[index] });
      expect(role).toBeDefined();
    }
  });

  test("is known of every op that can refuse any", () => {
    const acceptsAll = ["stopGradient", "transfer"];
    const named = new Set([...cases.map(({ summary }) => summary.split(":")[0] ?? ""), ...acceptsAll]);
    const names = allOps().map(({ name }) => name);
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });
});

test("operands are called by their roles", () => {
  const error = failureOf(shapeError("", [picture, f32(3, 3, 4, 8)], (a, b) => a.conv2d(b)));
  expect((error as Error).message).toBe(
    [
      "conv2d: input has 6 channels, filter expects 4",
      "  in      layer (device:0)",
      "  input   f32[1,8,8,6]   from a",
      "  filter  f32[3,3,4,8]   from b",
    ].join("\n"),
  );
});

test("values on different devices do not meet without a transfer", () => {
  const bad: Case = {
    inputs: [f32(2), spec("f32", [2], "device:1")],
    body: (a, b) => a.relu().add(b),
    error: DeviceError,
    summary: "",
  };
  const error = failureOf(bad);
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as Error).message).toBe(
    [
      "map: operands live on device:0 and device:1",
      "  in       layer",
      "  operand  f32[2]   from layer/map on device:0",
      "  operand  f32[2]   from b on device:1",
      '  try      move one of them with .to("device:0")',
    ].join("\n"),
  );
  expect(failureOf({ ...bad, body: (a, b) => a.relu().add(b.to("device:0")) })).toBeUndefined();
});

test.each<[string, Case["body"], string]>([
  [
    "a dropout rate of 1",
    (seed, step, x) => ops.dropout(x, { seed, step }, { rate: 1, training: true, scaling: "paper" }),
    "dropout rate must be in [0, 1), found 1",
  ],
  ["nothing to concatenate", () => ops.concatenate([], 0), "concatenate needs at least one part"],
  [
    "where between two numbers",
    (_seed, _step, x) => ops.where(x.greater(0), 1, 0),
    "where needs at least one tensor branch",
  ],
  [
    "arithmetic on numbers alone",
    () => ops.add(1, 2),
    "an elementwise operation needs at least one tensor among its operands",
  ],
])("%s is refused", (_, body, message) => {
  const error = failureOf({
    inputs: [spec("u32", []), spec("u32", []), f32(2)],
    body,
    error: UsageError,
    summary: message,
  });
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message.split("\n")[0]).toBe(message);
});

test("an input with a fractional extent is refused by name", () => {
  expect(() => trace(({ x }) => ({ x }), { x: f32(2.5) })).toThrow("input x would have shape [2.5]");
});

test("tensors outside a trace, or from another one, are refused", () => {
  let leaked: Tensor | undefined;
  trace(
    ({ x }) => {
      leaked = x;
      return { x };
    },
    { x: f32(2) },
  );
  expect(() => leaked?.exp()).toThrow("only have a meaning inside a traced function");
  expect(() => trace(({ x }) => ({ y: leaked ? x.add(leaked) : x }), { x: f32(2) })).toThrow(
    "map: an operand belongs to another trace",
  );
});
