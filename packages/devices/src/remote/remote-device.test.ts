// A device elsewhere behaves as one that is here, in a thread and in a process alike.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  BackendError,
  type Device,
  DeviceLostError,
  type DeviceProgram,
  MemoryError,
  scalarProgram,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import type { DeviceOptions } from "../backends.ts";
import type { Channel } from "./channel.ts";
import { processChannel, startDeviceProcess } from "./process-channel.ts";
import type { DeviceInput } from "./protocol.ts";
import { openRemoteDevice } from "./remote-device.ts";
import { startDeviceThread } from "./thread-channel.ts";

const options: DeviceOptions = { threads: 1, simd: "auto", tune: "off", profile: false };
const input = (backend: DeviceInput["backend"], index: number): DeviceInput => ({ backend, index, options });

const body = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.neg()]));

/** The negative of `elements` numbers in slot 0, in slot 0. */
const negation = (elements: number): DeviceProgram => ({
  device: 0,
  slots: [{ kind: "temporary", bytes: 4 * elements }],
  constants: [],
  stream: [
    {
      kind: "segment",
      steps: [
        {
          id: 0,
          op: "map",
          attributes: { body, shape: [elements] },
          inputs: [{ slot: 0, type: { dtype: "f32", shape: [elements] } }],
          outputs: [{ slot: 0, type: { dtype: "f32", shape: [elements] } }],
          scope: "conv1",
          flops: elements,
          bytesMoved: 8 * elements,
          releases: [],
        },
      ],
    },
  ],
  peakBytes: 4 * elements,
});

const places: readonly { readonly place: string; readonly start: () => Channel }[] = [
  { place: "a thread", start: () => startDeviceThread("a device") },
  { place: "a process", start: () => processChannel(startDeviceProcess({})) },
];

describe.each(places)("a device in $place", ({ start }) => {
  test.each(["wasm", "tfjs", "reference"] as const)("computes on %s", async (backend) => {
    await using device = await openRemoteDevice(start(), input(backend, 2));
    expect(device.name).toBe(`${backend}:2`);
    expect(device.backend.name).toBe(backend);
    await device.reserve([{ id: 7, bytes: 8 }]);
    device.write(7, Float32Array.of(1, -2));
    using executable = await device.load(negation(2));
    const [, bytes] = await Promise.all([executable.submit(0, [7]), device.read(7, 8)]);
    expect([...new Float32Array(bytes)]).toEqual([-1, 2]);
  });

  test("takes and gives megabytes", async () => {
    await using device = await openRemoteDevice(start(), input("reference", 0));
    const bytes = 24 * 1024 ** 2;
    await device.reserve([{ id: 0, bytes }]);
    device.write(
      0,
      new Uint32Array(bytes / 4).map((_, index) => index),
    );
    const found = new Uint32Array(await device.read(0, bytes));
    expect(found.every((value, index) => value === index)).toBe(true);
  });

  test("sends errors with their class, message, cause and numbers", async () => {
    await using device = await openRemoteDevice(start(), input("tfjs", 3));
    using executable = await device.load(negation(1));
    const submission = executable.submit(0, [7]);
    await expect(submission).rejects.toThrow(BackendError);
    await expect(submission).rejects.toThrow("tfjs:3: map of conv1 failed");
    await expect(submission).rejects.toMatchObject({
      cause: { message: expect.stringContaining("nothing in slot 7") },
    });
    const reservation = device.reserve([{ id: 0, bytes: 2 ** 40 }]);
    await expect(reservation).rejects.toThrow(MemoryError);
    await expect(reservation).rejects.toMatchObject({ device: "tfjs:3", neededBytes: 2 ** 40 });
  });

  test("tells of a write that went wrong with the next answer", async () => {
    await using device = await openRemoteDevice(start(), input("tfjs", 0));
    device.write(5, new Float32Array(4));
    await expect(device.memoryUse()).rejects.toThrow("slot 5");
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
  });

  test("lets data be reused as soon as write returns", async () => {
    await using device = await openRemoteDevice(start(), input("tfjs", 0));
    await device.reserve([{ id: 0, bytes: 8 }]);
    const data = Float32Array.of(1, 2);
    device.write(0, data);
    data.fill(0);
    expect([...new Float32Array(await device.read(0, 8))]).toEqual([1, 2]);
  });

  test("says that it was closed", async () => {
    const device = await openRemoteDevice(start(), input("tfjs", 0));
    await device[Symbol.asyncDispose]();
    await device[Symbol.asyncDispose]();
    await expect(device.memoryUse()).rejects.toThrow("tfjs:0 was closed");
  });
});

/** What it was asked when it ended, and what it is asked later. */
async function expectLost(device: Device, asked: readonly Promise<unknown>[], cause: string): Promise<void> {
  for (const answer of asked) {
    await expect(answer).rejects.toThrow(DeviceLostError);
    await expect(answer).rejects.toThrow(`${device.name} stopped`);
    await expect(answer).rejects.toMatchObject({ cause: { message: expect.stringContaining(cause) } });
  }
  await expect(device.reserve([])).rejects.toThrow(`${device.name} stopped`);
  expect(() => device.write(0, new Float32Array(1))).toThrow(`${device.name} stopped`);
  await device[Symbol.asyncDispose]();
}

test("a thread that crashes rejects what it was asked", async () => {
  const crashing = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ kind, id }) => {
      if (kind !== "open") throw new Error("a fault in the machine");
      parentPort.postMessage({ id, value: { limits: { memoryBytes: 1 } } });
    });`;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(crashing)}`);
  const device = await openRemoteDevice(startDeviceThread("a device", entry), input("tfjs", 1));
  await expectLost(device, [device.memoryUse(), device.read(0, 4)], "a fault in the machine");
});

test("a process that is killed rejects what it was asked", async () => {
  const child = startDeviceProcess({});
  const device = await openRemoteDevice(processChannel(child), input("reference", 1));
  process.kill(child.pid ?? Number.NaN, "SIGSTOP");
  const asked = [device.memoryUse(), device.read(0, 4)];
  child.kill("SIGKILL");
  await expectLost(device, asked, `its process ${child.pid} ended by SIGKILL`);
});

test("a process that ends before its device is open says so", async () => {
  const child = startDeviceProcess({ NODE_OPTIONS: "--no-such-option" });
  await expect(openRemoteDevice(processChannel(child), input("reference", 0))).rejects.toMatchObject({
    name: "DeviceLostError",
    cause: { message: expect.stringContaining("ended with code 9") },
  });
});

test("a process has the variables it was given over those of this process", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tandem-process-"));
  const entry = join(folder, "entry.mjs");
  await writeFile(
    entry,
    `process.on("message", ({ id }) => {
      const { PATH, DRI_PRIME } = process.env;
      process.send({ id, value: { limits: { memoryBytes: PATH === undefined ? 0 : Number(DRI_PRIME) } } });
    });`,
  );
  try {
    const child = startDeviceProcess({ DRI_PRIME: "77" }, pathToFileURL(entry));
    const device = await openRemoteDevice(processChannel(child), input("reference", 0));
    expect(device.limits).toEqual({ memoryBytes: 77 });
    child.kill("SIGKILL");
    await device[Symbol.asyncDispose]();
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** A process that opens a device in a process of its own, then does `then`. */
function parentThat(then: string): ChildProcess {
  const modules = ["process-channel", "remote-device"].map(
    (name) => new URL(`../../dist/remote/${name}.js`, import.meta.url),
  );
  const script = `
    const { processChannel, startDeviceProcess } = await import(${JSON.stringify(modules[0])});
    const { openRemoteDevice } = await import(${JSON.stringify(modules[1])});
    const device = await openRemoteDevice(processChannel(startDeviceProcess({})), ${JSON.stringify(input("reference", 0))});
    ${then}`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

// A child's output is at its end when every process that inherited it is gone.
test.each([
  ["is killed", "process.stdout.write('open'); setInterval(() => {}, 1000);", [null, "SIGKILL"]],
  ["exits", "setTimeout(() => process.exit(3), 50);", [3, null]],
  ["has nothing left to do", "", [0, null]],
] as const)("a process ends when the one that started it %s", async (_, then, ending) => {
  const parent = parentThat(then);
  parent.stdout?.once("data", () => parent.kill("SIGKILL"));
  parent.stdout?.resume();
  expect(await once(parent, "close")).toEqual(ending);
});

test.skipIf(process.platform === "win32")(
  "a process leads a group of its own, which Ctrl-C does not reach",
  async () => {
    const child = startDeviceProcess({});
    await using device = await openRemoteDevice(processChannel(child), input("reference", 0));
    expect(process.kill(-(child.pid ?? Number.NaN), 0)).toBe(true);
    expect(device.name).toBe("reference:0");
  },
);
