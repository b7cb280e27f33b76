import {
  BackendError,
  compile,
  DeviceGroup,
  type DeviceProgram,
  deviceMemoryBytes,
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
import { openWasm, type WasmDevice, type WasmOptions } from "./device.ts";
import { PAGE_BYTES } from "./memory/layout.ts";

async function openOne(options: WasmOptions = {}): Promise<WasmDevice> {
  const [device] = await openWasm({ threads: 1, ...options });
  if (device === undefined) throw new Error("no device was opened");
  return device;
}

const f32 = (...shape: number[]) => ({ dtype: "f32" as const, shape });
const doubled = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.mul(2)]));

/** A program of one segment whose slots hold four f32 each. */
function programOf(steps: readonly Partial<Step>[], slots: number): DeviceProgram {
  const slot: Slot = { kind: "temporary", bytes: 64 };
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
    peakBytes: 64 * slots,
  };
}

const reservation = (count: number) => Array.from({ length: count }, (_, id) => ({ id, bytes: 16 }));
const readFloats = async (device: WasmDevice, slot: number): Promise<number[]> => [
  ...new Float32Array(await device.read(slot, 16)),
];

describe("opening", () => {
  test("devices are numbered, from any number on", async () => {
    const devices = await openWasm({ count: 2, first: 3, threads: 2 });
    expect(devices.map(({ name }) => name)).toEqual(["wasm:3", "wasm:4"]);
  });

  test.each([{ count: 0 }, { threads: 0 }, { threads: 1.5 }])("%j is refused", async (options) => {
    await expect(openWasm(options)).rejects.toThrow(UsageError);
  });

  test("strict kernels compute too", async () => {
    const devices = new DeviceGroup([await openOne({ simd: "strict" })]);
    const x = hostTensor("f32", [2, 2], [1, 2, 3, 4]);
    const { y } = await evaluate(({ x }) => ({ y: x.matmul(x) }), { x }, { devices });
    expect([...y.data]).toEqual([7, 10, 15, 22]);
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

  test("take memory, in cache lines, from when they are reserved until they are released", async () => {
    const device = await openOne();
    await device.reserve(reservation(2));
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 128, peakBytes: 128 });
    await device.release([0]);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 64, peakBytes: 128 });
  });

  test("beyond the limit are refused, with the numbers, and none of them is reserved", async () => {
    const device = await openOne({ memoryBytes: 150 });
    await device.reserve(reservation(1));
    const more = device.reserve([
      { id: 1, bytes: 16 },
      { id: 2, bytes: 16 },
    ]);
    await expect(more).rejects.toThrow(MemoryError);
    await expect(more).rejects.toMatchObject({ device: "wasm:0", neededBytes: 192, availableBytes: 150 });
    expect(() => device.write(1, new Float32Array(4))).toThrow("nothing in slot 1");
  });

  test("that were not reserved, or are too small, say so", async () => {
    const device = await openOne();
    await device.reserve(reservation(1));
    await expect(device.read(7, 16)).rejects.toThrow("never reserved");
    expect(() => device.write(0, new Float32Array(17))).toThrow("64 bytes reserved for slot 0, found 68");
  });
});

describe("programs", () => {
  test("run their steps in order on the slots they are bound to", async () => {
    const device = await openOne();
    await device.reserve(reservation(4));
    const steps = [{}, { inputs: [{ slot: 1, type: f32(4) }], outputs: [{ slot: 2, type: f32(4) }] }];
    const executable = await device.load(programOf(steps, 3));
    device.write(3, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [3, 0, 1]);
    expect(await readFloats(device, 1)).toEqual([4, 8, 12, 16]);
  });

  test("run maps in place", async () => {
    const device = await openOne();
    await device.reserve(reservation(1));
    const executable = await device.load(programOf([{ outputs: [{ slot: 0, type: f32(4) }] }], 1));
    device.write(0, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [0]);
    expect(await readFloats(device, 0)).toEqual([2, 4, 6, 8]);
  });

  test("that fail name the op and its scope", async () => {
    const device = await openOne();
    const executable = await device.load(programOf([{}], 2));
    const run = executable.submit(0, [0, 1]);
    await expect(run).rejects.toThrow(BackendError);
    await expect(run).rejects.toThrow("wasm:0: map of layer 0 failed");
    await expect(run).rejects.toMatchObject({ cause: { message: expect.stringContaining("nothing in slot 0") } });
  });

  test("of a device that was closed say so", async () => {
    const device = await openOne({ threads: 2 });
    await device.reserve(reservation(2));
    const executable = await device.load(programOf([{}], 2));
    await device[Symbol.asyncDispose]();
    await expect(executable.submit(0, [0, 1])).rejects.toThrow("wasm:0");
    executable[Symbol.dispose]();
  });

  test.each([
    ["f64", "map"],
    ["f16", "map"],
    ["f32", "fold"],
  ] as const)("of %s with %s are refused when they are loaded", async (dtype, op) => {
    const device = await openOne();
    const type = { dtype, shape: [4] };
    const loading = device.load(programOf([{ op, inputs: [{ slot: 0, type }], outputs: [{ slot: 1, type }] }], 2));
    await expect(loading).rejects.toThrow(`wasm:0 has no kernel for ${op} of layer 0`);
    await expect(loading).rejects.toThrow("TANDEM_BACKEND=reference");
  });

  test("say when their steps ran, if the device was opened to measure", async () => {
    const device = await openOne({ profile: true });
    await device.reserve(reservation(2));
    const executable = await device.load(programOf([{}, {}], 2));
    const timings = await executable.submit(0, [0, 1]);
    expect(timings?.map(({ step, thread }) => ({ step, thread }))).toEqual([
      { step: 0, thread: 0 },
      { step: 1, thread: 0 },
    ]);
  });
});

interface Layers {
  readonly filter: Tensor;
  readonly matrix: Tensor;
}

/** One step of gradient descent on a small network: products, a convolution, pooling, reductions and maps. */
function descend({ state, x }: { readonly state: Layers; readonly x: Tensor }) {
  const hidden = x.conv2d(state.filter, { padding: 1 }).relu();
  const logits = hidden
    .reshape([8, 10 * 10 * 6])
    .matmul(state.matrix)
    .tanh();
  return {
    state: { filter: state.filter.sub(hidden.mean().mul(0.1)), matrix: state.matrix.sub(logits.mean().mul(0.1)) },
    logits,
  };
}

const stateSpecs = { filter: spec("f32", [3, 3, 3, 6]), matrix: spec("f32", [600, 33]) };
const picture = (index: number): number => Math.sin(index * 12.9898);
const values = (shape: readonly number[]) => {
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    "f32",
    shape,
    Array.from({ length: count }, (_, index) => picture(index)),
  );
};

async function descendOn(device: WasmDevice, steps: number, afterStep: () => void = () => undefined) {
  const devices = new DeviceGroup([device]);
  const program = await compile(
    descend,
    { state: stateSpecs, x: spec("f32", [8, 10, 10, 3]) },
    { devices, donate: ["state"] },
  );
  let state = await devices.place({ filter: values(stateSpecs.filter.shape), matrix: values(stateSpecs.matrix.shape) });
  let logits = hostTensor("f32", [0], []);
  for (let step = 0; step < steps; step++) {
    const run = program.run({ state, x: values([8, 10, 10, 3]) });
    logits = (await run.outputs).logits;
    state = run.state.state;
    afterStep();
  }
  return { program, logits };
}

test("one, two and four threads give the same bits", async () => {
  const [one, ...others] = await Promise.all(
    [1, 2, 3, 4].map(async (threads) => {
      const device = await openOne({ threads });
      const { logits } = await descendOn(device, 3);
      await device[Symbol.asyncDispose]();
      return logits.data;
    }),
  );
  for (const other of others) expect(other).toEqual(one);
});

describe.each([1, 3])("the memory of a device of %i threads", (threads) => {
  test("is as large as explain() says once a program and its state are on it, and does not grow after", async () => {
    const device = await openOne({ threads });
    const sizes = new Set<number>();
    const { program } = await descendOn(device, 5, () => sizes.add(device.totalMemoryBytes));
    const [planned] = program.program.devices;
    if (planned === undefined) throw new Error("the program is for one device");
    const total = deviceMemoryBytes(planned, device.limits);
    expect(total % PAGE_BYTES).toBe(0);
    expect(program.explain()).toContain(`(${total} bytes,`);
    expect([...sizes]).toEqual([total]);
    await device[Symbol.asyncDispose]();
  });
});

test("what 4 GiB have no room for is refused before anything runs", async () => {
  const device = await openOne();
  const devices = new DeviceGroup([device]);
  const before = device.totalMemoryBytes;
  const huge = compile(
    ({ x }) => ({ y: x.exp().transpose([1, 0]) }),
    { x: spec("f32", [2 ** 15, 2 ** 15]) },
    { devices },
  );
  await expect(huge).rejects.toThrow(MemoryError);
  await expect(huge).rejects.toThrow("smaller batch");
  expect(device.totalMemoryBytes).toBe(before);
});
