import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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
import { describe, expect, test, vi } from "vitest";
import { activityCounters } from "./activity.ts";
import { backendNames, type DeviceOptions } from "./backends.ts";
import type { DeviceEnvironment } from "./environment.ts";
import { openDevices } from "./open-devices.ts";
import { profilePath } from "./profile-file.ts";
import { openThreadDevice } from "./thread-device.ts";

const square = ({ x }: { readonly x: Tensor }): { readonly y: Tensor } => ({ y: x.matmul(x).add(1) });
const x = hostTensor("f32", [2, 2], [1, 2, 3, 4]);
const squared = [8, 11, 16, 23];
const options: DeviceOptions = { threads: 1, simd: "auto", profile: false };

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
    const placing = devices.place({ row: hostTensor("f32", [16], 0) });
    await expect(placing).rejects.toThrow(MemoryError);
    await expect(placing).rejects.toMatchObject({ device: `${backend}:0`, neededBytes: 64, availableBytes: 8 });
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

test("a profile of what ran is written when the devices are closed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tandem-profile-"));
  const path = join(folder, "profile.json");
  const environment = { TANDEM_BACKEND: "wasm", TANDEM_DEVICES: "2", TANDEM_THREADS: "3", TANDEM_PROFILE: path };
  const said = vi.spyOn(console, "error").mockReturnValue();
  try {
    {
      await using devices = await openDevices(environment);
      const away = logicalDevice(1);
      await evaluate(({ x }) => ({ y: x.exp().to(away).mul(2) }), { x }, { devices });
    }
    expect(said).toHaveBeenCalledWith(expect.stringContaining(path));
    const { traceEvents } = JSON.parse(await readFile(path, "utf8"));
    const steps = traceEvents.filter(({ ph }: { readonly ph: string }) => ph === "X");
    expect(new Set(steps.map(({ pid }: { readonly pid: number }) => pid))).toEqual(new Set([0, 1]));
    expect(
      steps.every(({ cat, dur }: { readonly cat: string; readonly dur: number }) => cat === "map" && dur > 0),
    ).toBe(true);
  } finally {
    said.mockRestore();
    await rm(folder, { recursive: true });
  }
});

test.each<[DeviceEnvironment, string | undefined]>([
  [{}, undefined],
  [{ TANDEM_PROFILE: "0" }, undefined],
  [{ TANDEM_PROFILE: "1", INIT_CWD: "/home/user" }, "/home/user/trace.json"],
  [{ TANDEM_PROFILE: "step.json", INIT_CWD: "/home/user" }, "/home/user/step.json"],
])("%j writes a profile to %s", (environment, path) => {
  expect(profilePath(environment)).toBe(path === undefined ? undefined : resolve(path));
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
  const device = await openThreadDevice({ backend: "tfjs", index: 3, options, activity: activityCounters() });
  const executable = await device.load(unwritten);
  const submission = executable.submit(0, [7]);
  await expect(submission).rejects.toThrow(BackendError);
  await expect(submission).rejects.toThrow("tfjs:3: map of conv1 failed");
  await expect(submission).rejects.toMatchObject({ cause: { message: expect.stringContaining("nothing in slot 7") } });
  await device[Symbol.asyncDispose]();
});

test("a write that went wrong is told by the next answer", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, options, activity: activityCounters() });
  device.write(5, new Float32Array(4));
  await expect(device.memoryUse()).rejects.toThrow("slot 5");
  expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
  await device[Symbol.asyncDispose]();
});

test("data may be reused as soon as write returns", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, options, activity: activityCounters() });
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
  const device = await openThreadDevice({ backend: "tfjs", index: 1, options, activity: activityCounters() }, entry);
  const [first, second] = [device.memoryUse(), device.read(0, 4)];
  await expect(first).rejects.toThrow("tfjs:1 stopped");
  await expect(first).rejects.toMatchObject({ cause: { message: "a fault in the machine" } });
  await expect(second).rejects.toThrow("tfjs:1 stopped");
  await expect(device.reserve([])).rejects.toThrow("tfjs:1 stopped");
  expect(() => device.write(0, new Float32Array(1))).toThrow("tfjs:1 stopped");
  await device[Symbol.asyncDispose]();
});

test("a device that was closed says so", async () => {
  const device = await openThreadDevice({ backend: "tfjs", index: 0, options, activity: activityCounters() });
  await device[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();
  await expect(device.memoryUse()).rejects.toThrow("tfjs:0 was closed");
});

test.each([
  ["tfjs", "tfjs:0, tfjs:1 (TANDEM_BACKEND=tfjs; TANDEM_DEVICES=2; TANDEM_THREADS=4) 2\n"],
  [
    "wasm",
    "wasm:0 with 2 threads, wasm:1 with 2 threads (TANDEM_BACKEND=wasm; TANDEM_DEVICES=2; TANDEM_THREADS=4) 2\n",
  ],
])("a process that leaves its %s devices open ends by itself", async (backend, output) => {
  const built = new URL("../dist/index.js", import.meta.url).href;
  const script = `
    import { openDevices } from ${JSON.stringify(built)};
    const devices = await openDevices({ TANDEM_BACKEND: "${backend}", TANDEM_DEVICES: "2", TANDEM_THREADS: "4" });
    const use = await devices.memoryUse();
    console.log(devices.description, use.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  expect(stdout).toBe(output);
});
