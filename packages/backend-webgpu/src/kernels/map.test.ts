// Maps on a software adapter, against the reference backend.
import { type DType, type Scalar, type ScalarBuilder, type Shape, scalarProgram, spec } from "@tandem/core";
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import {
  integers,
  narrowCapabilities,
  runBesideReference,
  type Value,
  value,
} from "../against-reference.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice, runKernel, validateDispatches } from "../run-kernel.test-support.ts";
import { mapKernel } from "./map.ts";

type Body = (inputs: readonly Scalar[], builder: ScalarBuilder) => readonly Scalar[];

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

async function agrees(
  inputs: readonly Value[],
  shape: Shape,
  body: Body,
  capabilities: Capabilities = leastCapabilities,
): Promise<void> {
  const program = scalarProgram(
    inputs.map(({ type }) => type.dtype),
    body,
  );
  const { found, expected } = await runBesideReference(
    device,
    mapKernel,
    "map",
    inputs,
    { body: program, shape },
    { capabilities },
  );
  expect(found).toEqual(expected);
}

/** The sum of all, and the product. */
const sumAndProduct: Body = (inputs) => {
  const [first, ...others] = inputs;
  if (first === undefined) return [];
  return [others.reduce((so, other) => so.add(other), first), others.reduce((so, other) => so.mul(other), first)];
};

const broadcasts: readonly { shapes: readonly Shape[]; shape: Shape }[] = [
  { shapes: [[700]], shape: [700] },
  { shapes: [[701], [701]], shape: [701] },
  { shapes: [[3, 300], []], shape: [3, 300] },
  { shapes: [[9, 64], [64]], shape: [9, 64] },
  { shapes: [[9, 63], [63]], shape: [9, 63] },
  {
    shapes: [
      [9, 64],
      [9, 1],
    ],
    shape: [9, 64],
  },
  {
    shapes: [
      [1, 5],
      [7, 1],
    ],
    shape: [7, 5],
  },
  {
    shapes: [
      [2, 1, 4, 1],
      [1, 3, 1, 8],
    ],
    shape: [2, 3, 4, 8],
  },
  { shapes: [[1, 300]], shape: [5, 300] },
  { shapes: [[]], shape: [] },
];

describe.each([
  { adapter: "an adapter", capabilities: leastCapabilities },
  { adapter: "an adapter with narrow bindings", capabilities: narrowCapabilities },
])("on $adapter", ({ capabilities }) => {
  test.each(broadcasts)("operands of $shapes broadcast to $shape", async ({ shapes, shape }) => {
    const inputs = shapes.map((each, index) => integers("f32", each, index));
    await agrees(inputs, shape, sumAndProduct, capabilities);
  });

  test.each<{ shape: Shape }>([{ shape: [700] }, { shape: [30, 21] }, { shape: [5, 7, 8] }])(
    "coordinates of $shape",
    async ({ shape }) => {
      await agrees([], shape, (_, builder) => [...shape.keys()].map((axis) => builder.coordinate(axis)), capabilities);
    },
  );

  test("an output takes the place of an input that it reads", async () => {
    const shape = [700];
    const type = spec("f32", shape);
    const [parameter, velocity] = [integers("f32", shape, 1), integers("f32", shape, 2)];
    const body = scalarProgram(["f32", "f32"], ([p, v]) => (p && v ? [p.add(v.mul(2)), v.mul(2)] : []));
    const operands = [
      { slot: 0, type },
      { slot: 1, type },
    ];
    const step = { op: "map", inputs: operands, outputs: operands, attributes: { body, shape } };
    const found = await runKernel(device, mapKernel, step, capabilities, [parameter.data, velocity.data]);
    const next = velocity.data.map((element) => 2 * element);
    expect(found).toEqual([parameter.data.map((element, index) => element + (next[index] ?? 0)), next]);
  });
});

const words = [0, 1, 2, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 12345];
const pairs = words.flatMap((a) => words.map((b) => [a, b] as const));

test.each<{ dtype: DType }>([{ dtype: "i32" }, { dtype: "u32" }, { dtype: "bool" }])(
  "operations on $dtype are exact, also where they overflow, divide by 0 or shift by too much",
  async ({ dtype }) => {
    const operand = (side: 0 | 1): Value =>
      value(
        dtype,
        [pairs.length],
        pairs.map((pair) => (dtype === "bool" ? pair[side] & 1 : pair[side])),
      );
    const arithmetic = ["add", "sub", "mul", "div", "min", "max"] as const;
    const others = ["and", "or", "xor", "shl", "shr", "eq", "ne", "lt", "le", "gt", "ge"] as const;
    const ops = dtype === "bool" ? others : [...arithmetic, ...others];
    const capabilities = { ...leastCapabilities, limits: { ...leastCapabilities.limits, storageBindings: 10 } };
    for (let first = 0; first < ops.length; first += 6) {
      await agrees(
        [operand(0), operand(1)],
        [pairs.length],
        ([a, b]) => (a && b ? ops.slice(first, first + 6).map((op) => a.apply(op, b)) : []),
        capabilities,
      );
    }
    if (dtype !== "bool") {
      await agrees([operand(0)], [pairs.length], ([a]) =>
        a ? [a.neg(), a.abs(), a.relu(), a.cast("f32"), a.cast("bool")] : [],
      );
    } else {
      await agrees([operand(0)], [pairs.length], ([a]) =>
        a ? [a.not(), a.cast("f32"), a.cast("i32"), a.cast("u32")] : [],
      );
    }
  },
);

test("constants are the f32 that they were", async () => {
  const constants = [
    0,
    -0,
    1e-38,
    2 ** -126,
    0.1,
    -1 / 3,
    16777217,
    65504,
    65505,
    1e30,
    3.4028234663852886e38,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    Math.PI,
  ];
  for (const constant of constants.map(Math.fround)) {
    const body = scalarProgram([], (_, builder) => [
      builder.constant(constant, "f32"),
      builder.constant(constant, "f32").bitcast("u32"),
    ]);
    const { found } = await runBesideReference(device, mapKernel, "map", [], { body, shape: [3] });
    // What is smaller than any normal number may be taken for 0.
    if (Math.abs(constant) >= 2 ** -126 || constant === 0) expect(found[0]?.[2]).toBe(constant);
  }
});

test("what random bits are made of is exact: products, rotations, coordinates", async () => {
  const body = scalarProgram(["u32"], ([key], builder) => {
    if (key === undefined) return [];
    return [builder.coordinate(0).add(key).mul(2654435761).xor(key.shl(7)), key.shr(3).or(key.shl(29))];
  });
  const keys = value("u32", [4], [0x9e3779b9, 0xdeadbeef, 1, 0x80000001]);
  const { found, expected } = await runBesideReference(device, mapKernel, "map", [keys], { body, shape: [4] });
  expect(found).toEqual(expected);
});

test("any broadcast agrees with the reference", async () => {
  const axis = fc.record({ size: fc.integer({ min: 1, max: 8 }), left: fc.boolean(), right: fc.boolean() });
  const any = fc.array(axis, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(any, async (axes) => {
      const shape = axes.map(({ size }) => size);
      const left = axes.map((each) => (each.left ? each.size : 1));
      const right = axes.map((each) => (each.right ? each.size : 1));
      await agrees([integers("f32", left, 1), integers("f32", right, 2)], shape, sumAndProduct);
    }),
    { numRuns: 15 },
  );
});

describe("f16", () => {
  const capabilities = { ...leastCapabilities, f16: true };
  const inHalf: Body = ([x, y]) => {
    if (x === undefined || y === undefined) return [];
    const [a, b] = [x.cast("f16"), y.cast("f16")];
    return [a.mul(b).add(0.1), a.div(b), a.max(b).relu(), a.lt(b).select(a, b).floor()].map((half) => half.cast("f32"));
  };

  on("llvmpipe").test("is computed as the reference does, on an adapter that has it", async () => {
    const llvmpipe = await openTestDevice("llvmpipe");
    const numbers = (seed: number): Value =>
      value(
        "f32",
        [301],
        Array.from({ length: 301 }, (_, index) => (((index * seed) % 97) - 40.5) / 8),
      );
    const body = scalarProgram(["f32", "f32"], inHalf);
    const inputs = [numbers(7), numbers(11)];
    const { found, expected } = await runBesideReference(
      llvmpipe,
      mapKernel,
      "map",
      inputs,
      { body, shape: [301] },
      { capabilities },
    );
    expect(found).toEqual(expected);
  });

  test("in storage is valid WGSL for every operation, and is refused without the extension", async () => {
    const nowhere = await openTestDevice("null");
    const body = scalarProgram(["f16", "f16", "bool"], ([a, b, c]) => {
      if (a === undefined || b === undefined || c === undefined) return [];
      const all = [
        ...[
          a.neg(),
          a.abs(),
          a.exp(),
          a.log(),
          a.sqrt(),
          a.rsqrt(),
          a.tanh(),
          a.sigmoid(),
          a.relu(),
          a.floor(),
          a.sin(),
          a.cos(),
        ],
        ...[a.add(b), a.sub(b), a.mul(b), a.div(b), a.pow(b), a.pow(0.75), a.min(b), a.max(b), c.select(a, b)],
        ...[
          a.cast("i32").cast("f16"),
          a.cast("u32").cast("f16"),
          a.cast("bool").cast("f16"),
          a.add(100_000),
          a.eq(b).cast("f16"),
        ],
      ];
      return [all.reduce((so, each) => so.add(each))];
    });
    for (const shape of [[8], [3, 5]]) {
      const types = (["f16", "f16", "bool", "f16"] as const).map((dtype, slot) => ({ slot, type: { dtype, shape } }));
      const step = { op: "map", inputs: types.slice(0, 3), outputs: types.slice(3), attributes: { body, shape } };
      await validateDispatches(nowhere, mapKernel.dispatches(step, capabilities));
      const signature = { inputs: types.slice(0, 3).map(({ type }) => type), outputs: [], attributes: step.attributes };
      expect(mapKernel.supports(signature, capabilities)).toBe(true);
      expect(mapKernel.supports(signature, leastCapabilities)).toBe(false);
    }
  });
});

test("a map of more operands than there are bindings is refused", () => {
  const types = Array.from({ length: 8 }, () => spec("f32", [10]));
  const body = scalarProgram(
    types.map(() => "f32"),
    sumAndProduct,
  );
  const attributes = { body, shape: [10] };
  const supports = (outputs: number): boolean =>
    mapKernel.supports({ inputs: types.slice(0, 6), outputs: types.slice(0, outputs), attributes }, leastCapabilities);
  expect([1, 2, 3].map(supports)).toEqual([true, true, false]);
});
