// Several devices: placement, transfers, uploads, and what happens when one of them fails.
import { openReference, referenceKernels } from "@tandem/backend-reference";
import {
  compile,
  constant,
  DeviceError,
  DeviceGroup,
  type HostTensor,
  hostTensor,
  interpreterDevice,
  logicalDevice,
  type Program,
  plan,
  spec,
  type Tensor,
  valueAndGrad,
} from "@tandem/core";
import { describe, expect, it } from "vitest";

const [first, second] = [logicalDevice(0), logicalDevice(1)];
const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.sin(index * 1.7 + seed));

interface Weights {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** Two layers, the second on the second device. */
function loss({ a, b }: Weights, x: Tensor): Tensor {
  const hidden = x.matmul(a).relu().to(second);
  return hidden.matmul(b).to(first).square().mean();
}

const specs = {
  state: { a: spec("f32", [4, 5]), b: spec("f32", [5, 3], second) },
  x: spec("f32", [6, 4]),
  rate: spec("f32", []),
};

function trainStep({ state, x, rate }: { state: Weights; x: Tensor; rate: Tensor }) {
  const { value, gradients } = valueAndGrad(loss)(state, x);
  const updated = { a: state.a.sub(gradients.a.mul(rate)), b: state.b.sub(gradients.b.mul(rate.to(second))) };
  return { state: updated, loss: value };
}

async function train(deviceCount: number): Promise<{ losses: number[]; program: Program }> {
  await using devices = new DeviceGroup(await openReference({ count: deviceCount }));
  const step = await compile(trainStep, specs, { devices, donate: ["state"] });
  const weights = { a: hostTensor("f32", [4, 5], numbers(20, 1)), b: hostTensor("f32", [5, 3], numbers(15, 2)) };
  let state = await devices.place<unknown>(weights, (name) => (name === "b" ? second : first));
  const losses: number[] = [];
  for (let index = 0; index < 5; index++) {
    const run = step.run({ state, x: hostTensor("f32", [6, 4], numbers(24, index)), rate: 0.1 });
    state = run.state.state;
    losses.push((await run.outputs).loss.data[0] ?? Number.NaN);
  }
  return { losses, program: step.program };
}

describe("a model on two devices", () => {
  it("computes what it computes on one", async () => {
    const [one, two] = [await train(1), await train(2)];
    expect(two.losses).toEqual(one.losses);
    expect(one.losses.at(-1)).toBeLessThan(one.losses[0] ?? 0);
  });

  it("transfers each activation once forward and once back, and uploads host inputs where they are used", async () => {
    const { program } = await train(2);
    expect(program.transfers.map(({ from, to, bytes }) => ({ from, to, bytes }))).toEqual([
      { from: 0, to: 1, bytes: 120 },
      { from: 1, to: 0, bytes: 72 },
      { from: 0, to: 1, bytes: 72 },
      { from: 1, to: 0, bytes: 120 },
    ]);
    const uploads = program.inputs.map(({ name, targets }) => [name, targets.map(({ device }) => device)]);
    expect(uploads).toEqual([
      ["state.a", [0]],
      ["state.b", [1]],
      ["x", [0]],
      ["rate", [0, 1]],
    ]);
  });

  it("has no transfers left on one device", async () => {
    expect((await train(1)).program.transfers).toEqual([]);
  });

  it("is a graph and a program of plain data", async () => {
    const { program } = await train(2);
    expect(structuredClone(program)).toEqual(program);
  });
});

describe("devices", () => {
  it("are named when two operands live on different ones", () => {
    const mix = ({ x, y }: { x: Tensor; y: Tensor }) => ({ sum: x.add(y) });
    const attempt = () => plan(mix, { x: spec("f32", [2]), y: spec("f32", [2], second) }, { backends: [] });
    expect(attempt).toThrow(DeviceError);
    expect(attempt).toThrow(/operands live on device:0 and device:1[\s\S]*from y on device:1[\s\S]*\.to\("device:0"\)/);
  });

  it("refuse a program that needs more memory than they have, before anything runs", async () => {
    await using devices = new DeviceGroup(await openReference({ memoryBytes: 1000 }));
    const attempt = compile(({ x }) => ({ y: x.exp().sum() }), { x: spec("f32", [16, 16]) }, { devices });
    await expect(attempt).rejects.toThrow(/reference:0 needs 2\.\d+ KiB for this program, and has 1000 B/);
    expect((await devices.memoryUse())[0]?.peakBytes).toBe(0);
  });

  it("fail a run with the op, its scope and the device, without leaving the other device waiting", async () => {
    const [healthy] = await openReference();
    const broken = interpreterDevice({
      name: "broken:0",
      backend: { name: "broken", memory: "slots", supports: (op) => op !== "conv2d" },
      limits: { memoryBytes: 1e6 },
      kernel: (op) =>
        op === "reduce"
          ? () => {
              throw new Error("out of luck");
            }
          : referenceKernels.get(op),
    });
    await using devices = new DeviceGroup([healthy ?? broken, broken]);
    const step = await compile(
      ({ x }) => ({ y: x.to(second).mul(2).sum().to(first).add(1) }),
      { x: spec("f32", [3]) },
      { devices },
    );
    await expect(step.run({ x: hostTensor("f32", [3], 1) }).outputs).rejects.toThrow(
      /broken:0: reduce of the top level failed/,
    );
  });

  it("say what they cannot run, and where", async () => {
    const partial = interpreterDevice({
      name: "partial:0",
      backend: { name: "partial", memory: "slots", supports: (op) => op === "map" },
      limits: { memoryBytes: 1e6 },
      kernel: (op) => referenceKernels.get(op),
    });
    await using devices = new DeviceGroup([partial]);
    await expect(compile(({ x }) => ({ y: x.sum() }), { x: spec("f32", [3]) }, { devices })).rejects.toThrow(
      /partial cannot run reduce f32\[3\] -> f32\[\] and there is no decomposition/,
    );
  });
});

describe("a constant", () => {
  it("is written when the program is loaded, lives where it was put, and may be larger than any limit on inlining", async () => {
    await using devices = new DeviceGroup(await openReference({ count: 2 }));
    const table = hostTensor("f32", [100_000], numbers(100_000, 3));
    const program = await compile(
      ({ x }) => ({ y: constant(table, second).sum().to(first).mul(x) }),
      { x: spec("f32", []) },
      { devices },
    );
    const expected = numbers(100_000, 3).reduce((sum, value) => sum + value, 0);
    table.data.fill(0);
    for (const x of [1, 2]) expect((await program.run({ x }).outputs).y.data[0]).toBeCloseTo(expected * x, 3);
    expect(program.program.devices.map(({ constants }) => constants.length)).toEqual([0, 1]);
  });
});

describe("inputs of a run", () => {
  const compiled = async (devices: DeviceGroup) =>
    compile(({ x, scale }) => ({ y: x.mul(scale) }), { x: spec("f32", [2]), scale: spec("f32", []) }, { devices });

  it.each<[string, Record<string, HostTensor | number>, RegExp]>([
    ["missing", { scale: 1 }, /input x is missing/],
    ["unknown", { x: hostTensor("f32", [2], 1), scale: 1, y: 1 }, /there is no input "y"[\s\S]*x, scale/],
    ["of another shape", { x: hostTensor("f32", [3], 1), scale: 1 }, /input x has shape \[3\][\s\S]*f32\[2\]/],
    [
      "of another type",
      { x: hostTensor("i32", [2], 1), scale: 1 },
      /input x is i32\[2\], the program expects f32\[2\]/,
    ],
  ])("are refused when one is %s", async (_, inputs, message) => {
    await using devices = new DeviceGroup(await openReference());
    const program = await compiled(devices);
    expect(() => program.run(inputs)).toThrow(message);
  });

  it("may be reused by the caller as soon as run returns, even while another run is under way", async () => {
    await using devices = new DeviceGroup(await openReference({ count: 2 }));
    const program = await compile(
      ({ x }) => ({ y: x.to(second).mul(2).to(first).add(1) }),
      { x: spec("f32", [2]) },
      { devices },
    );
    const x = hostTensor("f32", [2], 0);
    const runs = [1, 2, 3].map((value) => {
      x.data.fill(value);
      return program.run({ x }).outputs;
    });
    x.data.fill(99);
    const results = await Promise.all(runs);
    expect(results.map(({ y }) => y.data[0])).toEqual([3, 5, 7]);
  });
});
