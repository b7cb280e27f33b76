import {
  BackendError,
  compile,
  type Device,
  DeviceGroup,
  type DeviceProgram,
  evaluate,
  hostTensor,
  MemoryError,
  type Slot,
  type Step,
  scalarProgram,
  spec,
  type Tensor,
  UsageError,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { openTfjs } from "./device.ts";

async function openOne(memoryBytes?: number): Promise<Device> {
  const [device] = await openTfjs(memoryBytes === undefined ? {} : { memoryBytes });
  if (device === undefined) throw new Error("no device was opened");
  return device;
}

const f32 = (...shape: number[]) => ({ dtype: "f32" as const, shape });
const doubled = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.mul(2)]));

/** A program of one segment whose slots hold four f32 each. */
function programOf(steps: readonly Partial<Step>[], slots: number): DeviceProgram {
  const slot: Slot = { kind: "temporary", bytes: 16 };
  const whole = steps.map(
    (step, id): Step => ({
      id,
      op: "map",
      attributes: { body: doubled, shape: [4] },
      inputs: [{ slot: 0, type: f32(4) }],
      outputs: [{ slot: 1, type: f32(4) }],
      scope: `layer ${id}`,
      flops: 0,
      bytesMoved: 0,
      releases: [],
      ...step,
    }),
  );
  return {
    device: 0,
    slots: Array<Slot>(slots).fill(slot),
    constants: [],
    stream: [{ kind: "segment", steps: whole }],
    peakBytes: 16 * slots,
  };
}

const reservation = (count: number) => Array.from({ length: count }, (_, id) => ({ id, bytes: 16 }));
const readFloats = async (device: Device, slot: number): Promise<number[]> => [
  ...new Float32Array(await device.read(slot, 16)),
];

describe("opening", () => {
  test("devices are numbered, from any number on", async () => {
    const devices = await openTfjs({ count: 2, first: 3 });
    expect(devices.map(({ name }) => name)).toEqual(["tfjs:3", "tfjs:4"]);
  });

  test("a count below one is refused", async () => {
    await expect(openTfjs({ count: 0 })).rejects.toThrow(UsageError);
  });

  test("leaves the process's handlers of uncaught errors alone", async () => {
    const count = () => process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
    const before = count();
    await openOne();
    expect(count()).toBe(before);
  });
});

describe("slots", () => {
  test("hold what was written to them", async () => {
    const device = await openOne();
    await device.reserve(reservation(2));
    device.write(1, Float32Array.of(1, 2, 3, 4));
    device.write(1, Float32Array.of(5, 6, 7, 8));
    expect(await readFloats(device, 1)).toEqual([5, 6, 7, 8]);
  });

  test("take memory only while they hold a value", async () => {
    const device = await openOne();
    await device.reserve(reservation(2));
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
    device.write(0, Float32Array.of(1, 2, 3, 4));
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 16, peakBytes: 16 });
    await device.release([0]);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 16 });
  });

  test("beyond the limit are refused, with the numbers, and none of them is reserved", async () => {
    const device = await openOne(40);
    await device.reserve(reservation(1));
    const more = device.reserve([
      { id: 1, bytes: 16 },
      { id: 2, bytes: 16 },
    ]);
    await expect(more).rejects.toThrow(MemoryError);
    await expect(more).rejects.toMatchObject({ device: "tfjs:0", neededBytes: 48, availableBytes: 40 });
    expect(() => device.write(1, new Float32Array(4))).toThrow("0 bytes reserved for slot 1");
  });

  test("that were not written, or are too small, say so", async () => {
    const device = await openOne();
    await device.reserve(reservation(1));
    await expect(device.read(0, 16)).rejects.toThrow("nothing was written to it yet");
    await expect(device.read(7, 16)).rejects.toThrow("never reserved");
    expect(() => device.write(0, new Float32Array(5))).toThrow("16 bytes reserved for slot 0, found 20");
  });
});

describe("programs", () => {
  test("run their steps in order on the slots they are bound to, and free what is released", async () => {
    const device = await openOne();
    await device.reserve(reservation(4));
    const steps: Partial<Step>[] = [
      {},
      { inputs: [{ slot: 1, type: f32(4) }], outputs: [{ slot: 2, type: f32(4) }], releases: [1] },
    ];
    const executable = await device.load(programOf(steps, 3));
    device.write(3, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [3, 0, 1]);
    expect(await readFloats(device, 1)).toEqual([4, 8, 12, 16]);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 32, peakBytes: 48 });
  });

  test("run maps in place", async () => {
    const device = await openOne();
    await device.reserve(reservation(1));
    const executable = await device.load(programOf([{ outputs: [{ slot: 0, type: f32(4) }] }], 1));
    device.write(0, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [0]);
    expect(await readFloats(device, 0)).toEqual([2, 4, 6, 8]);
    expect((await device.memoryUse()).peakBytes).toBe(16);
  });

  test("see another shape of a value where an operand has one", async () => {
    const device = await openOne();
    await device.reserve(reservation(2));
    const transpose: Partial<Step> = {
      op: "transpose",
      attributes: { permutation: [1, 0] },
      inputs: [{ slot: 0, type: f32(2, 2) }],
      outputs: [{ slot: 1, type: f32(2, 2) }],
    };
    const executable = await device.load(programOf([transpose], 2));
    device.write(0, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [0, 1]);
    expect(await readFloats(device, 1)).toEqual([1, 3, 2, 4]);
  });

  test("that fail name the op and its scope", async () => {
    const device = await openOne();
    const executable = await device.load(programOf([{}], 2));
    const run = executable.submit(0, [0, 1]);
    await expect(run).rejects.toThrow(BackendError);
    await expect(run).rejects.toThrow("tfjs:0: map of layer 0 failed");
  });

  test.each([
    ["f64", "map"],
    ["f16", "map"],
    ["f32", "fold"],
  ] as const)("of %s with %s are refused when they are loaded", async (dtype, op) => {
    const device = await openOne();
    const type = { dtype, shape: [4] };
    const loading = device.load(programOf([{ op, inputs: [{ slot: 0, type }], outputs: [{ slot: 1, type }] }], 2));
    await expect(loading).rejects.toThrow(`tfjs:0 has no kernel for ${op} of layer 0`);
    await expect(loading).rejects.toThrow("TANDEM_BACKEND=reference");
  });
});

test("weights that were updated in place are not mistaken for the old ones", async () => {
  const [filter, matrix] = [spec("f32", [1, 1, 8, 8]), spec("f32", [8, 8])];
  const devices = new DeviceGroup(await openTfjs());
  const x = hostTensor("f32", [1, 2, 2, 8], 1);
  await using step = await compile(
    ({ state, x }) => ({
      state: { filter: state.filter.add(1), matrix: state.matrix.add(1) },
      y: x.conv2d(state.filter),
      z: x.reshape([4, 8]).matmul(state.matrix),
    }),
    { state: { filter, matrix }, x: spec("f32", [1, 2, 2, 8]) },
    { devices, donate: ["state"] },
  );
  let state = await devices.place({ filter: hostTensor("f32", filter.shape, 0), matrix: hostTensor("f32", [8, 8], 0) });
  for (let round = 0; round < 4; round++) {
    const run = step.run({ state, x });
    const { y, z } = await run.outputs;
    expect([y.data[0], z.data[0]]).toEqual([8 * round, 8 * round]);
    state = run.state.state;
  }
});

test("an epilogue keeps NaN, as relu apart does", async () => {
  const devices = new DeviceGroup(await openTfjs());
  const opposite = hostTensor("f32", [1, 8], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0, 0, 0, 0]);
  const ones = hostTensor("f32", [8, 8], 1);
  const fused = await evaluate(
    ({ opposite, ones }) => ({ y: opposite.matmul(ones).relu() }),
    { opposite, ones },
    { devices },
  );
  expect([...fused.y.data]).toEqual(Array(8).fill(Number.NaN));
});

test("a thousand runs leave as much memory in use as one, and no more than planned", async () => {
  const devices = new DeviceGroup(await openTfjs());
  const loss = ({ w, x }: { readonly w: Tensor; readonly x: Tensor }) => x.matmul(w).relu().sum();
  const specs = { w: spec("f32", [16, 8]), x: spec("f32", [32, 16]) };
  await using program = await compile((inputs) => ({ loss: loss(inputs) }), specs, { devices });
  const inputs = { w: hostTensor("f32", [16, 8], 0.5), x: hostTensor("f32", [32, 16], 1) };
  await program.run(inputs).outputs;
  const [first] = await devices.memoryUse();
  for (let run = 0; run < 1000; run++) await program.run(inputs).outputs;
  const [last] = await devices.memoryUse();
  expect(last).toEqual(first);
  expect(last?.peakBytes).toBeLessThanOrEqual(program.peakBytes[0] ?? 0);
});
