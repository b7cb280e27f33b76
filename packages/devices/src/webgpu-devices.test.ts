// Devices on adapters: chosen by name and by environment, in this process and in others, beside devices on threads.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BackendError, evaluate, hostTensor, logicalDevice, UsageError } from "@tandem/core";
import { describe, expect, test, vi } from "vitest";
import type { DeviceOptions } from "./backends.ts";
import type { DeviceEnvironment } from "./choice/environment.ts";
import { type OpenedDevices, openDevices } from "./open-devices.ts";
import type { TraceEvent } from "./profile/trace-event.ts";
import { processChannel, startDeviceProcess } from "./remote/process-channel.ts";
import { openRemoteDevice } from "./remote/remote-device.ts";
import { softwareAdapters } from "./software-adapters.test-support.ts";

const adapters = await softwareAdapters();
const drivers = (process.env.VK_DRIVER_FILES ?? "").split(delimiter).filter((file) => file !== "");
const [away, home] = [logicalDevice(1), logicalDevice(0)];

/** Goes from the first device to the second and back. */
async function expectTravelling(devices: OpenedDevices): Promise<void> {
  const x = hostTensor("f32", [2, 2], [1, 2, 3, 4]);
  const { y } = await evaluate(({ x }) => ({ y: x.add(1).to(away).mul(2).to(home) }), { x }, { devices });
  expect([...y.data]).toEqual([4, 6, 8, 10]);
}

const runs = (script: string): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });

/** Opens devices, then says whether Dawn is in the process. */
const loadsDawn = async (environment: DeviceEnvironment): Promise<boolean> => {
  const { stdout } = await runs(`
    import { openDevices } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    const devices = await openDevices(${JSON.stringify(environment)});
    console.log(process.report.getReport().sharedObjects.some((file) => file.endsWith("dawn.node")));
    await devices[Symbol.asyncDispose]();`);
  return stdout === "true\n";
};

test.each<DeviceEnvironment>([
  { TANDEM_BACKEND: "wasm" },
  { TANDEM_BACKEND: "reference", TANDEM_DEVICES: "2" },
  { TANDEM_DEVICES: "wasm,tfjs" },
])("%j does not load Dawn", async (environment) => {
  expect(await loadsDawn(environment)).toBe(false);
});

test("auto looks for adapters in a process of its own, and takes none that is software", async () => {
  expect(await loadsDawn({ TANDEM_DEVICES: "1" })).toBe(false);
  await using devices = await openDevices({ TANDEM_DEVICES: "1" });
  if (adapters.length === 0) return;
  expect(await loadsDawn({ TANDEM_DEVICES: "webgpu" })).toBe(true);
  expect(devices.description).toMatch(/^wasm:0 .*no GPU found, only software: /);
  expect(devices.description).toContain(adapters.join(", "));
});

test("where no driver is found, the error says what to install", async () => {
  const opening = openDevices({ TANDEM_DEVICES: "webgpu{VK_DRIVER_FILES=/dev/null}" });
  await expect(opening).rejects.toThrow(BackendError);
  await expect(opening).rejects.toThrow("no WebGPU adapter was found");
  await expect(opening).rejects.toThrow("apt install");
});

describe.runIf(adapters.length > 0)("with a driver", () => {
  test.each(adapters)("%s is found by its name", async (name) => {
    await using devices = await openDevices({ TANDEM_DEVICES: `webgpu:${name.slice(0, 8).toUpperCase()}` });
    expect(devices.description).toBe(`webgpu:0 on ${name} (TANDEM_DEVICES=webgpu:${name.slice(0, 8).toUpperCase()})`);
  });

  test.each([["webgpu:Radeon"], ["webgpu:Radeon{MARK=1}"]])(
    "%s names an adapter that does not exist: the error names those that do",
    async (TANDEM_DEVICES) => {
      const opening = openDevices({ TANDEM_DEVICES });
      await expect(opening).rejects.toThrow(UsageError);
      await expect(opening).rejects.toThrow(adapters.join(", "));
    },
  );

  test.each([
    ["webgpu,wasm"],
    ["wasm,webgpu"],
    [`webgpu:${adapters[0]},webgpu:${adapters[0]}`],
    [`webgpu:${adapters.at(-1)},webgpu:${adapters[0]}`],
    ["webgpu{MARK=1},wasm"],
    ["webgpu{MARK=1},webgpu{MARK=2}"],
  ])("values travel between %s", async (TANDEM_DEVICES) => {
    await using devices = await openDevices({ TANDEM_DEVICES });
    await expectTravelling(devices);
  });

  test.each(adapters)("a device on %s in another process has the kernels of one in this process", async (name) => {
    const options: DeviceOptions = { threads: 0, simd: "auto", tune: "off", profile: false };
    const selector = { kind: "name", name } as const;
    const channel = processChannel(startDeviceProcess({}));
    await using there = await openRemoteDevice(channel, { backend: "webgpu", index: 0, options, selector });
    await using devices = await openDevices({ TANDEM_DEVICES: `webgpu:${name}` });
    const [here] = devices.devices;
    expect(there.capabilities).toEqual(here !== undefined && "capabilities" in here ? here.capabilities : undefined);
    expect(there.limits).toEqual(here?.limits);
    const type = { dtype: "f16", shape: [4] } as const;
    const asks = [{ dtype: "f32", shape: [4] } as const, type].map((each) =>
      [there, here].map((device) => device?.backend.supports("slice", [each], [each], { starts: [0], sizes: [4] })),
    );
    for (const [remote, local] of asks) expect(remote).toBe(local);
  });

  test("a profile shows transfers between a GPU and threads as arrows, among steps of both", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tandem-trace-"));
    const path = join(folder, "trace.json");
    const said = vi.spyOn(console, "error").mockReturnValue();
    try {
      {
        await using devices = await openDevices({ TANDEM_DEVICES: "wasm,webgpu", TANDEM_PROFILE: path });
        await expectTravelling(devices);
      }
      const { traceEvents } = JSON.parse(await readFile(path, "utf8")) as { readonly traceEvents: TraceEvent[] };
      const devices = traceEvents.flatMap((event) =>
        event.ph === "M" && event.name === "process_name" ? [event.args.name] : [],
      );
      expect(devices).toEqual(["wasm:0", "webgpu:0"]);
      const slices = traceEvents.flatMap((event) => (event.ph === "X" ? [event] : []));
      const moved = slices.filter(({ cat }) => cat === "transfer");
      expect(moved.map(({ pid, name, args }) => [pid, name, args.bytes])).toEqual([
        [0, "send", 16],
        [0, "receive", 16],
        [1, "receive", 16],
        [1, "send", 16],
      ]);
      expect(new Set(slices.filter(({ cat }) => cat === "map").map(({ pid }) => pid))).toEqual(new Set([0, 1]));
      const begins = traceEvents.flatMap((event) => (event.ph === "s" ? [event] : []));
      const ends = traceEvents.flatMap((event) => (event.ph === "f" ? [event] : []));
      expect(begins).toHaveLength(2);
      for (const begin of begins) {
        const end = ends.find(({ id }) => id === begin.id);
        expect(end?.pid).toBe(1 - begin.pid);
        expect(end?.ts).toBeGreaterThanOrEqual(begin.ts);
        for (const { pid, tid, ts } of [begin, ...ends.filter(({ id }) => id === begin.id)]) {
          expect(moved.some((slice) => slice.pid === pid && slice.tid === tid && slice.ts === ts)).toBe(true);
        }
      }
    } finally {
      said.mockRestore();
      await rm(folder, { recursive: true });
    }
  });
});

describe.runIf(drivers.length > 1)("with two drivers", () => {
  test("each process loads the driver that its variables name", async () => {
    const list = drivers.map((file) => `webgpu{VK_DRIVER_FILES=${file}}`).join(",");
    await using devices = await openDevices({ TANDEM_DEVICES: list });
    for (const name of adapters) expect(devices.description).toContain(` on ${name} in a process of its own`);
    await expectTravelling(devices);
  });
});
