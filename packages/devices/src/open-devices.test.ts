import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  BackendError,
  compile,
  type DeviceProgram,
  evaluate,
  hostTensor,
  logicalDevice,
  MemoryError,
  scalarProgram,
  spec,
  type Tensor,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { activityCounters } from "./activity.ts";
import { backendNames } from "./backends.ts";
import { openDevices } from "./open-devices.ts";
import { openThreadDevice } from "./thread-device.ts";

const square = ({ x }: { readonly x: Tensor }): { readonly y: Tensor } => ({ y: x.matmul(x).add(1) });
const x = hostTensor("f32", [2, 2], [1, 2, 3, 4]);
const squared = [8, 11, 16, 23];

describe.each(backendNames)("%s", (backend) => {
  test.each([false, true])("computes (in process: %s)", async (inProcess) => {
    await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "1" }, { inProcess });
    expect(devices.devices.map(({ name }) => name)).toEqual([`${backend}:0`]);
    const { y } = await evaluate(square, { x }, { devices });
    expect([...y.data]).toEqual(squared);
  });

  test("values travel between two devices in threads", async () => {
    await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "2" });
    const there = logicalDevice(1);
    const { y } = await evaluate(
      ({ x }) => ({ y: x.add(1).to(there).mul(2).to(logicalDevice(0)) }),
      { x },
      { devices },
    );
    expect([...y.data]).toEqual([4, 6, 8, 10]);
  });

  test("state that does not fit is refused, with the numbers", async () => {
    await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "1" }, { memoryBytes: 8 });
    const placing = devices.place({ x });
    await expect(placing).rejects.toThrow(MemoryError);
    await expect(placing).rejects.toMatchObject({ device: `${backend}:0`, neededBytes: 16, availableBytes: 8 });
  });
});

test("devices of two backends work on one program", async () => {
  await using devices = await openDevices({ TANDEM_DEVICES: "tfjs:0,reference:0" });
  const away = logicalDevice(1);
  const { y } = await evaluate(({ x }) => ({ y: x.add(1).to(away).mul(2).to(logicalDevice(0)) }), { x }, { devices });
  expect([...y.data]).toEqual([4, 6, 8, 10]);
});

test("two tfjs devices compute at the same time", async () => {
  await using devices = await openDevices({ TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "2" });
  const long = (a: Tensor): Tensor => a.matmul(a).matmul(a).matmul(a);
  const specs = { a: spec("f32", [512, 512], logicalDevice(0)), b: spec("f32", [512, 512], logicalDevice(1)) };
  await using program = await compile(({ a, b }) => ({ a: long(a).sum(), b: long(b).sum() }), specs, { devices });
  const matrix = hostTensor("f32", [512, 512], 1);
  for (let run = 0; run < 100 && devices.mostAtOnce < 2; run++) await program.run({ a: matrix, b: matrix }).outputs;
  expect(devices.mostAtOnce).toBe(2);
});

/** One map whose input was never written. */
const unwritten: DeviceProgram = {
  device: 0,
  slots: [{ kind: "temporary", bytes: 4 }],
  constants: [],
  stream: [
    {
      kind: "segment",
      steps: [
        {
          id: 0,
          op: "map",
          attributes: { body: scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.neg()])), shape: [1] },
          inputs: [{ slot: 0, type: { dtype: "f32", shape: [1] } }],
          outputs: [{ slot: 0, type: { dtype: "f32", shape: [1] } }],
          scope: "conv1",
          flops: 1,
          bytesMoved: 8,
          releases: [],
        },
      ],
    },
  ],
  peakBytes: 4,
};

test("an error in a thread arrives with its class, message and cause", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 3, activity: activityCounters() });
  const executable = await device.load(unwritten);
  const submission = executable.submit(0, [7]);
  await expect(submission).rejects.toThrow(BackendError);
  await expect(submission).rejects.toThrow("tfjs:3: map of conv1 failed");
  await expect(submission).rejects.toMatchObject({ cause: { message: expect.stringContaining("nothing in slot 7") } });
  await device[Symbol.asyncDispose]();
});

test("a write that went wrong is told by the next answer", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, activity: activityCounters() });
  device.write(5, new Float32Array(4));
  await expect(device.memoryUse()).rejects.toThrow("slot 5");
  expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
  await device[Symbol.asyncDispose]();
});

test("data may be reused as soon as write returns", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, activity: activityCounters() });
  await device.reserve([{ id: 0, bytes: 8 }]);
  const data = Float32Array.of(1, 2);
  device.write(0, data);
  data.fill(0);
  expect([...new Float32Array(await device.read(0, 8))]).toEqual([1, 2]);
  await device[Symbol.asyncDispose]();
});

test("a thread that crashes rejects what it was asked, and what it is asked later, with its name", async () => {
  const crashing = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ kind, id }) => {
      if (kind !== "open") throw new Error("a fault in the machine");
      parentPort.postMessage({ id, value: { memoryBytes: 1 } });
    });`;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(crashing)}`);
  const device = await openThreadDevice({ backend: "tfjs", index: 1, activity: activityCounters() }, entry);
  const [first, second] = [device.memoryUse(), device.read(0, 4)];
  await expect(first).rejects.toThrow("tfjs:1 stopped");
  await expect(first).rejects.toMatchObject({ cause: { message: "a fault in the machine" } });
  await expect(second).rejects.toThrow("tfjs:1 stopped");
  await expect(device.reserve([])).rejects.toThrow("tfjs:1 stopped");
  expect(() => device.write(0, new Float32Array(1))).toThrow("tfjs:1 stopped");
  await device[Symbol.asyncDispose]();
});

test("a device that was closed says so", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, activity: activityCounters() });
  await device[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();
  await expect(device.memoryUse()).rejects.toThrow("tfjs:0 was closed");
});

test("a process that leaves its devices open ends by itself", async () => {
  const built = new URL("../dist/index.js", import.meta.url).href;
  const script = `
    import { openDevices } from ${JSON.stringify(built)};
    const devices = await openDevices({ TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "2" });
    const use = await devices.memoryUse();
    console.log(devices.description, use.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  expect(stdout).toBe("tfjs:0, tfjs:1 (TANDEM_BACKEND=tfjs; TANDEM_DEVICES=2) 2\n");
});
