// What f16 means: each op gives the exact result of its f16 operands, rounded once. Host tensors and gradients of f32 stay f32.
import {
  type Backend,
  BackendError,
  concatenate,
  conv2d,
  DeviceGroup,
  DTypeError,
  deriveKey,
  evaluate,
  gather,
  type HostTensor,
  hostTensor,
  indices,
  isNonFinite,
  localResponseNormalization,
  maxPool2d,
  normalAt,
  plan,
  printGraph,
  roundTo,
  runPasses,
  type Shape,
  scatterAdd,
  scope,
  spec,
  type Tensor,
  trace,
  transpose,
  valueAndGrad,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { openReference, referenceBackend } from "./backend.ts";

const devices = new DeviceGroup(await openReference({ count: 2 }));

/** Noise that f16 holds exactly. */
function noise(shape: Shape, stream: string): HostTensor {
  const key = deriveKey(3, 0, stream);
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => roundTo("f16", normalAt(key, 0, index))),
  );
}

type Compute = (a: Tensor, b: Tensor) => Tensor;

/** The function computed in one precision, from the same numbers. */
async function computed(fn: Compute, dtype: "f16" | "f64", a: HostTensor, b: HostTensor): Promise<number[]> {
  const { y } = await evaluate(
    (inputs) => ({ y: fn(inputs.a.cast(dtype), inputs.b.cast(dtype)).cast("f64") }),
    { a, b },
    { devices },
  );
  return Array.from(y.data);
}

const gradientOf =
  (fn: Compute, of: 0 | 1): Compute =>
  (a, b) => {
    const pair = { a, b };
    const { gradients } = valueAndGrad((at: typeof pair) => {
      const y = fn(at.a, at.b);
      return y.sum();
    })(pair);
    return of === 0 ? gradients.a : gradients.b;
  };

describe("an op on f16 gives the nearest f16 to its exact result:", () => {
  const product: Compute = (a, b) => a.matmul(b);
  const convolved: Compute = (a, b) => conv2d(a, b, { padding: 1, strides: 2, groups: 2 });
  /** 0, 0, 1, 1, ... */
  const inPairs = (count: number): Tensor => indices([count], 0).div(2);
  const cases: readonly { title: string; a: Shape; b: Shape; compute: Compute }[] = [
    { title: "addition with broadcasting", a: [3, 5], b: [5], compute: (a, b) => a.add(b) },
    { title: "a transcendental function", a: [3, 5], b: [1], compute: (a) => a.tanh() },
    { title: "matmul", a: [5, 70], b: [70, 3], compute: product },
    { title: "matmul's gradient", a: [5, 7], b: [7, 3], compute: gradientOf(product, 0) },
    { title: "conv2d", a: [2, 7, 6, 4], b: [3, 3, 2, 6], compute: convolved },
    { title: "conv2d's input gradient", a: [2, 7, 6, 4], b: [3, 3, 2, 6], compute: gradientOf(convolved, 0) },
    { title: "conv2d's filter gradient", a: [2, 7, 6, 4], b: [3, 3, 2, 6], compute: gradientOf(convolved, 1) },
    { title: "a sum", a: [7, 300], b: [1], compute: (a) => a.sum(1) },
    { title: "a maximum", a: [7, 30], b: [1], compute: (a) => a.max(1) },
    { title: "argmax", a: [7, 30], b: [1], compute: (a) => a.argmax(1) },
    { title: "max-pooling", a: [1, 7, 7, 3], b: [1], compute: (a) => maxPool2d(a, { window: 3, strides: 2 }) },
    {
      title: "max-pooling's gradient",
      a: [1, 7, 7, 3],
      b: [1],
      compute: gradientOf((a) => maxPool2d(a, { window: 3, strides: 2 }), 0),
    },
    { title: "transposition", a: [3, 5, 2], b: [1], compute: (a) => transpose(a) },
    { title: "slicing, flipping", a: [7, 5], b: [1], compute: (a) => a.slice([1, 0], [6, 5], [2, 1]).flip(1) },
    { title: "concatenation", a: [3, 5], b: [3, 1], compute: (a, b) => concatenate([a, b], 1) },
    { title: "gathering", a: [5, 3], b: [1], compute: (a) => gather(a, inPairs(4)) },
    { title: "scattering", a: [4, 3], b: [1], compute: (a) => scatterAdd(inPairs(4), a, 3) },
  ];
  test.each(cases)("$title", async ({ title, a, b, compute }) => {
    const [left, right] = [noise(a, `${title} a`), noise(b, `${title} b`)];
    const exact = await computed(compute, "f64", left, right);
    const expected = exact.map((value) => roundTo("f16", value));
    expect(await computed(compute, "f16", left, right)).toEqual(expected);
  });
});

describe("f16 inside a program", () => {
  const one = async (fn: (x: Tensor) => Tensor, values: readonly number[]): Promise<number[]> => {
    const { y } = await evaluate(
      (inputs) => ({ y: fn(inputs.x) }),
      { x: hostTensor("f32", [values.length], values) },
      {
        devices,
      },
    );
    return Array.from(y.data);
  };

  test("is rounded after every operation, fused or not", async () => {
    expect(await one((x) => x.cast("f16").add(1).sub(1).cast("f32"), [2048])).toEqual([2047]);
  });

  test("has constants that are rounded like values", async () => {
    expect(await one((x) => x.cast("f16").mul(0.1).cast("f32"), [1])).toEqual([roundTo("f16", 0.1)]);
  });

  test("overflows to infinity, which is found as what it is", async () => {
    const found = await one((x) => isNonFinite(x.cast("f16").mul(2)).cast("f32"), [32752, 32760, -40000]);
    expect(found).toEqual([0, 1, 1]);
  });

  test("has means that no sum of f16 could give", async () => {
    expect(await one((x) => x.cast("f16").mean().cast("f32"), new Array<number>(1000).fill(300))).toEqual([300]);
  });

  test("is normalised across channels without overflow of the squares", async () => {
    const values = [500, -300, 250, 1000, 30];
    const normalised = (x: Tensor, dtype: "f16" | "f32"): Tensor =>
      localResponseNormalization(x.cast(dtype).reshape([1, 5])).cast("f32");
    const exact = await one((x) => normalised(x, "f32"), values);
    expect(await one((x) => normalised(x, "f16"), values)).toEqual(exact.map((value) => roundTo("f16", value)));
  });

  test("moves between devices", async () => {
    const moved = await one((x) => x.cast("f16").to("device:1").mul(2).to("device:0").cast("f32"), [1, 2.5, -3]);
    expect(moved).toEqual([2, 5, -6]);
  });

  test("gives parameters of f32 gradients of f32", async () => {
    const w = noise([4, 2], "w");
    const { gradient } = await evaluate(
      (inputs) => {
        const loss = ({ w }: { w: Tensor }): Tensor => {
          const y = inputs.x.cast("f16").matmul(w.cast("f16"));
          return y.cast("f32").sum();
        };
        return { gradient: valueAndGrad(loss)({ w: inputs.w }).gradients.w };
      },
      { x: noise([3, 4], "x"), w },
      { devices },
    );
    expect(gradient.dtype).toBe("f32");
    expect(gradient.shape).toEqual([4, 2]);
    expect(Array.from(gradient.data)).toEqual(Array.from(gradient.data, (value) => roundTo("f16", value)));
  });

  test("takes two bytes an element, in multiples of the backend's alignment", () => {
    const backends = [{ ...referenceBackend, slotAlignment: 4 }];
    const { devices: planned } = plan(
      ({ x }) => ({ y: x.cast("f16").sum(1).cast("f32") }),
      { x: spec("f32", [3, 5]) },
      { backends },
    );
    const steps = planned.flatMap(({ stream }) =>
      stream.flatMap((item) => (item.kind === "segment" ? item.steps : [])),
    );
    expect(steps.map(({ op, bytesMoved }) => [op, bytesMoved])).toEqual([
      ["map", 15 * 4 + 15 * 2],
      ["reduce", 15 * 2 + 3 * 2],
      ["map", 3 * 2 + 3 * 4],
    ]);
    expect(planned[0]?.slots.map(({ bytes }) => bytes).sort((a, b) => b - a)).toEqual([60, 32]);
  });

  test("is widened and narrowed for nothing nowhere", () => {
    const { graph } = trace(
      ({ x }) => {
        const half = x.cast("f16").relu();
        return { y: half.cast("f32").cast("f16").neg().cast("f32") };
      },
      { x: spec("f32", [4]) },
    );
    const passes = runPasses(graph, { backends: [referenceBackend], stateInputs: new Set() });
    expect(passes.at(-1)?.graph.nodes.map(({ op }) => op)).toEqual(["map"]);
    const text = printGraph(passes.at(-1)?.graph ?? graph);
    expect(text).toContain("(cast<f32>(neg(relu(cast<f16>(a)))))");
  });
});

describe("f16 is refused", () => {
  test.each([
    {
      what: "as an input",
      run: () => trace(({ x }) => ({ y: x.cast("f32") }), { x: spec("f16", [2]) }),
      message: "input x is f16[2]: f16 stays on devices",
    },
    {
      what: "as an output",
      run: () => trace(({ x }) => ({ y: x.cast("f16") }), { x: spec("f32", [2]) }),
      message: "output y is f16[2]: f16 stays on devices",
    },
    { what: "as a host tensor", run: () => hostTensor("f16", [2], 0), message: "a host tensor is f16[2]" },
  ])("$what", ({ run, message }) => {
    expect(run).toThrow(DTypeError);
    expect(run).toThrow(message);
    expect(run).toThrow('x.cast("f16") on the way in');
  });

  test("by a backend that has no kernels for it, with the layer and what to do", () => {
    const f32Only: Backend = {
      ...referenceBackend,
      name: "single",
      supports: (op, inputs, outputs, attributes) =>
        referenceBackend.supports(op, inputs, outputs, attributes) &&
        [...inputs, ...outputs].every(({ dtype }) => dtype === "f32"),
    };
    const planned = (): unknown =>
      plan(
        ({ x }) => ({ y: scope("conv1", () => x.cast("f16").relu()).cast("f32") }),
        { x: spec("f32", [2]) },
        { backends: [f32Only] },
      );
    expect(planned).toThrow(BackendError);
    expect(planned).toThrow(/single cannot run map f32\[2\] -> f16\[2\].*\n +in +conv1 \(device:0\)/);
    expect(planned).toThrow("TANDEM_BACKEND=webgpu on an adapter with shader-f16");
    expect(planned).toThrow("--precision f32");
  });
});
