import {
  type ArrayType,
  type Attributes,
  allOps,
  type DType,
  elementCount,
  gatherOp,
  type HostArray,
  hostArray,
  isPrimitive,
  mapOp,
  matmulOp,
  maxPool2dGradientOp,
  maxPool2dOp,
  maxPool2dPickOp,
  opNamed,
  pooledShape,
  reduceOp,
  type ScalarProgram,
  type Shape,
  type Step,
  scalarProgram,
  scatterAddOp,
} from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceKernels } from "./kernels.ts";

interface Value {
  readonly type: ArrayType;
  readonly data: HostArray;
}

function value(dtype: DType, shape: Shape, elements: Iterable<number>): Value {
  const data = hostArray(dtype, elementCount(shape));
  data.set([...elements]);
  return { type: { dtype, shape }, data };
}

function stepOf(op: string, inputs: readonly ArrayType[], attributes: Attributes): Step {
  const operandOf = (type: ArrayType, slot: number) => ({ slot, type });
  return {
    id: 0,
    op,
    attributes,
    inputs: inputs.map(operandOf),
    outputs: opNamed(op).infer(inputs, attributes).map(operandOf),
    scope: "",
    flops: 0,
    bytesMoved: 0,
    releases: [],
  };
}

/** Runs one kernel into memory full of rubbish, so that an element left unwritten shows. */
function run(op: string, inputs: readonly Value[], attributes: Attributes): Value[] {
  const step = stepOf(
    op,
    inputs.map(({ type }) => type),
    attributes,
  );
  const outputs = step.outputs.map(({ type }) => value(type.dtype, type.shape, []));
  for (const { data } of outputs) data.fill(77);
  referenceKernels.get(op)?.(
    step,
    inputs.map(({ data }) => data),
    outputs.map(({ data }) => data),
  );
  return outputs;
}

function run1(op: string, inputs: readonly Value[], attributes: Attributes): Value {
  const [output] = run(op, inputs, attributes);
  if (output === undefined) throw new Error(`${op} has no output`);
  return output;
}

const listOf = ({ data }: Value): number[] => Array.from(data);
const counting = (dtype: DType, shape: Shape): Value => value(dtype, shape, Array(elementCount(shape)).keys());

function dot(a: Value, b: Value): number {
  return listOf(a).reduce((sum, element, index) => sum + element * (b.data[index] ?? 0), 0);
}

/** Small integers, so that sums are exact and adjoint identities hold with equality. */
function integers(shape: Shape): fc.Arbitrary<Value> {
  const count = elementCount(shape);
  return fc
    .array(fc.integer({ min: -4, max: 4 }), { minLength: count, maxLength: count })
    .map((elements) => value("f32", shape, elements));
}

test("every primitive but transfer has a kernel, and nothing else has", () => {
  const primitives = allOps()
    .filter(isPrimitive)
    .map(({ name }) => name)
    .filter((name) => name !== "transfer");
  expect([...referenceKernels.keys()].sort()).toEqual(primitives.sort());
});

describe("map", () => {
  const weightedSum = (dtype: DType): ScalarProgram =>
    scalarProgram([dtype, dtype], ([a, b]) => (a && b ? [a.mul(10).add(b), a.sub(b)] : []));

  test("broadcasts inputs to the shape and writes several outputs", () => {
    const [sums, differences] = run(mapOp.name, [value("f32", [2, 1], [1, 2]), value("f32", [3], [3, 4, 5])], {
      body: weightedSum("f32"),
      shape: [2, 3],
    });
    expect(sums && listOf(sums)).toEqual([13, 14, 15, 23, 24, 25]);
    expect(differences && listOf(differences)).toEqual([-2, -3, -4, -1, -2, -3]);
  });

  test("gives the body its coordinates", () => {
    const body = scalarProgram([], (_, builder) => [builder.coordinate(0).mul(10).add(builder.coordinate(1))]);
    expect(listOf(run1(mapOp.name, [], { body, shape: [2, 3] }))).toEqual([0, 1, 2, 10, 11, 12]);
  });

  test("computes in the memory of an input read at the same position", () => {
    const [a, b] = [counting("f32", [4, 3]), counting("f32", [3])];
    const body = scalarProgram(["f32", "f32"], ([x, y]) => (x && y ? [x.mul(x).add(y)] : []));
    const apart = run1(mapOp.name, [a, b], { body, shape: [4, 3] });
    const step = stepOf(mapOp.name, [a.type, b.type], { body, shape: [4, 3] });
    referenceKernels.get("map")?.(step, [a.data, b.data], [a.data]);
    expect(listOf(a)).toEqual(listOf(apart));
  });

  test("computes in the memory of an input of another type of the same size", () => {
    const buffer = new ArrayBuffer(12);
    const input = hostArray("f32", 3, buffer);
    input.set([1.5, -2.5, 1e9]);
    const body = scalarProgram(["f32"], ([x]) => (x ? [x.cast("i32")] : []));
    const output = hostArray("i32", 3, buffer);
    referenceKernels.get("map")?.(
      stepOf("map", [{ dtype: "f32", shape: [3] }], { body, shape: [3] }),
      [input],
      [output],
    );
    expect(Array.from(output)).toEqual([1, -2, 1e9]);
  });

  test("rounds every operation to float32, and none in float64", () => {
    const third = (dtype: DType): ScalarProgram => scalarProgram([dtype], ([x]) => (x ? [x.div(3)] : []));
    expect(listOf(run1("map", [value("f32", [], [1])], { body: third("f32"), shape: [] }))).toEqual([
      Math.fround(1 / 3),
    ]);
    expect(listOf(run1("map", [value("f64", [], [1])], { body: third("f64"), shape: [] }))).toEqual([1 / 3]);
  });
});

describe("reduce and argmax", () => {
  const x = value("f32", [2, 3, 2], [1, 9, 3, 8, 5, 7, -1, 0, -3, 2, -5, 4]);
  test.each([
    { kind: "sum", axes: [0, 1, 2], expected: [30] },
    { kind: "sum", axes: [1], expected: [9, 24, -9, 6] },
    { kind: "sum", axes: [0, 2], expected: [9, 10, 11] },
    { kind: "max", axes: [2], expected: [9, 8, 7, 0, 2, 4] },
    { kind: "min", axes: [0, 1], expected: [-5, 0] },
  ])("$kind over axes $axes", ({ kind, axes, expected }) => {
    expect(listOf(run1(reduceOp.name, [x], { kind, axes, accumulate: "f32" }))).toEqual(expected);
  });

  test("a sum over nothing is 0", () => {
    expect(listOf(run1("reduce", [value("f32", [2, 0], [])], { kind: "sum", axes: [1], accumulate: "f32" }))).toEqual([
      0, 0,
    ]);
  });

  test("a sum is rounded once", () => {
    const many = value("f32", [1001], [2 ** 24, ...Array<number>(1000).fill(1)]);
    expect(listOf(run1("reduce", [many], { kind: "sum", axes: [0], accumulate: "f32" }))).toEqual([2 ** 24 + 1000]);
  });

  test("integer sums wrap", () => {
    const large = value("u32", [2], [0xffffffff, 2]);
    expect(listOf(run1("reduce", [large], { kind: "sum", axes: [0], accumulate: "u32" }))).toEqual([1]);
  });

  test("max and min pass NaN on", () => {
    const withNaN = value("f32", [3], [1, Number.NaN, 2]);
    expect(listOf(run1("reduce", [withNaN], { kind: "max", axes: [0], accumulate: "f32" }))).toEqual([Number.NaN]);
    expect(listOf(run1("reduce", [withNaN], { kind: "min", axes: [0], accumulate: "f32" }))).toEqual([Number.NaN]);
  });

  test("argmax takes the first of equals, along any axis", () => {
    const ties = value("f32", [2, 3], [1, 5, 5, 1, 0, 6]);
    expect(listOf(run1("argmax", [ties], { axis: 1 }))).toEqual([1, 2]);
    expect(listOf(run1("argmax", [ties], { axis: 0 }))).toEqual([0, 0, 1]);
  });
});

describe("movement", () => {
  const x = counting("i32", [2, 3]);
  test.each([
    { op: "reshape", attributes: { shape: [3, 2] }, expected: [0, 1, 2, 3, 4, 5] },
    { op: "transpose", attributes: { permutation: [1, 0] }, expected: [0, 3, 1, 4, 2, 5] },
    { op: "slice", attributes: { starts: [1, 0], ends: [2, 3], steps: [1, 2] }, expected: [3, 5] },
    { op: "flip", attributes: { axes: [1] }, expected: [2, 1, 0, 5, 4, 3] },
    { op: "flip", attributes: { axes: [0, 1] }, expected: [5, 4, 3, 2, 1, 0] },
    {
      op: "pad",
      attributes: { before: [0, 1], after: [1, 0], interior: [1, 0], value: 9 },
      expected: [9, 0, 1, 2, 9, 9, 9, 9, 9, 3, 4, 5, 9, 9, 9, 9],
    },
  ])("$op $attributes", ({ op, attributes, expected }) => {
    expect(listOf(run1(op, [x], attributes))).toEqual(expected);
  });

  test("concatenate along the last axis", () => {
    const parts = [x, value("i32", [2, 1], [10, 11]), value("i32", [2, 0], [])];
    expect(listOf(run1("concatenate", parts, { axis: 1 }))).toEqual([0, 1, 2, 10, 3, 4, 5, 11]);
  });

  test("scalars and empty tensors have somewhere to go", () => {
    expect(listOf(run1("transpose", [value("f32", [], [4])], { permutation: [] }))).toEqual([4]);
    expect(listOf(run1("flip", [value("f32", [0, 2], [])], { axes: [1] }))).toEqual([]);
  });
});

describe("matmul", () => {
  test.each([
    { transposeA: false, transposeB: false },
    { transposeA: true, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: true },
  ])("%o is the sum of products", (transpositions) => {
    const { transposeA, transposeB } = transpositions;
    const [batch, m, k, n] = [2, 3, 4, 5];
    const a = counting("f32", transposeA ? [batch, k, m] : [batch, m, k]);
    const b = counting("f32", transposeB ? [batch, n, k] : [batch, k, n]);
    const expected = Array.from({ length: batch * m * n }, (_, position) => {
      const [matrix, row, column] = [Math.floor(position / (m * n)), Math.floor(position / n) % m, position % n];
      let sum = 0;
      for (let inner = 0; inner < k; inner++) {
        const ofA = a.data[matrix * m * k + (transposeA ? inner * m + row : row * k + inner)] ?? 0;
        const ofB = b.data[matrix * k * n + (transposeB ? column * k + inner : inner * n + column)] ?? 0;
        sum += ofA * ofB;
      }
      return sum;
    });
    expect(listOf(run1(matmulOp.name, [a, b], { ...transpositions, accumulate: "f32" }))).toEqual(expected);
  });

  test("an epilogue sees the rounded result, its operands broadcast, and the coordinates", () => {
    const epilogue = scalarProgram(["f32", "f32"], ([result, bias], builder) =>
      result && bias ? [result.add(bias).relu().add(builder.coordinate(1).cast("f32").mul(100))] : [],
    );
    const a = value("f32", [2, 1], [1, -1]);
    const b = value("f32", [1, 3], [1, 2, 3]);
    const bias = value("f32", [3], [0, -1, 1]);
    const attributes = { transposeA: false, transposeB: false, accumulate: "f32", epilogue };
    expect(listOf(run1("matmul", [a, b, bias], attributes))).toEqual([1, 101, 204, 0, 100, 200]);
  });
});

describe("convolution", () => {
  test("of a picture with a filter of ones and padding is the sum of the neighbourhood", () => {
    const attributes = {
      strides: [2, 2],
      padding: [
        [1, 0],
        [1, 0],
      ],
      dilations: [1, 1],
      groups: 1,
      accumulate: "f32",
    };
    const picture = counting("f32", [1, 3, 3, 1]);
    const ones = value("f32", [3, 3, 1, 1], Array<number>(9).fill(1));
    expect(listOf(run1("conv2d", [picture, ones], attributes))).toEqual([8]);
  });
});

describe("max-pooling", () => {
  const overlapping = {
    window: [2, 2] as const,
    strides: [1, 1] as const,
    padding: [
      [0, 0],
      [0, 0],
    ] as const,
  };

  test("the first in row-major order wins a tie, and takes the whole cotangent", () => {
    const x = value("f32", [1, 2, 3, 1], [1, 1, 1, 1, 1, 1]);
    const y = run1(maxPool2dOp.name, [x], overlapping);
    const dy = value("f32", [1, 1, 2, 1], [10, 20]);
    expect(listOf(y)).toEqual([1, 1]);
    expect(listOf(run1(maxPool2dGradientOp.name, [x, y, dy], overlapping))).toEqual([10, 20, 0, 0, 0, 0]);
  });

  test("padding never wins, and NaN does", () => {
    const padded = {
      ...overlapping,
      padding: [
        [1, 0],
        [0, 1],
      ] as const,
    };
    expect(listOf(run1("maxPool2d", [value("f32", [1, 1, 2, 1], [-3, -2])], padded))).toEqual([-2, -2]);
    expect(listOf(run1("maxPool2d", [value("f32", [1, 2, 2, 1], [1, Number.NaN, 3, 4])], overlapping))).toEqual([
      Number.NaN,
    ]);
  });

  test("picking is the adjoint of the gradient: <gradient(x, dy), v> = <dy, pick(x, v)>", () => {
    const shape = [2, 5, 4, 2];
    const attributes = {
      window: [3, 2] as const,
      strides: [2, 1] as const,
      padding: [
        [1, 0],
        [1, 1],
      ] as const,
    };
    const arbitrary = fc.record({
      x: integers(shape),
      dy: integers(pooledShape(shape, attributes)),
      v: integers(shape),
    });
    fc.assert(
      fc.property(arbitrary, ({ x, dy, v }) => {
        const y = run1("maxPool2d", [x], attributes);
        const dx = run1("maxPool2dGradient", [x, y, dy], attributes);
        expect(dot(dx, v)).toBe(dot(dy, run1(maxPool2dPickOp.name, [x, v], attributes)));
        expect(listOf(run1("maxPool2dPick", [x, x], attributes))).toEqual(listOf(y));
      }),
    );
  });
});

describe("gather and scatterAdd", () => {
  const indices = value("i32", [2, 2], [2, 0, -1, 2]);

  test("an index out of range reads 0", () => {
    const table = counting("f32", [2, 3]);
    expect(listOf(run1(gatherOp.name, [table, indices], { axis: 1 }))).toEqual([2, 0, 0, 2, 5, 3, 0, 5]);
  });

  test("repeated indices add up, and one out of range adds nothing", () => {
    const updates = value("f32", [2, 2, 1], [1, 10, 100, 1000]);
    expect(listOf(run1(scatterAddOp.name, [indices, updates], { axis: 0, size: 3 }))).toEqual([10, 0, 1001]);
  });
});
