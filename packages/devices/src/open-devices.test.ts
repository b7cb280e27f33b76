import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compile, evaluate, hostTensor, logicalDevice, MemoryError, spec, type Tensor } from "@tandem/core";
import { describe, expect, test, vi } from "vitest";
import { backendNames } from "./backends.ts";
import type { DeviceEnvironment } from "./choice/environment.ts";
import { openDevices } from "./open-devices.ts";
import { profilePath } from "./profile/profile-file.ts";
import { softwareAdapters } from "./software-adapters.test-support.ts";

const square = ({ x }: { readonly x: Tensor }): { readonly y: Tensor } => ({ y: x.matmul(x).add(1) });
const x = hostTensor("f32", [2, 2], [1, 2, 3, 4]);
const squared = [8, 11, 16, 23];

const hasAdapters = (await softwareAdapters()).length > 0;
const backends = backendNames.filter((name) => name !== "webgpu" || hasAdapters);

describe.each(backends)("%s", (backend) => {
  test.each([false, true])("computes (in process: %s)", async (inProcess) => {
    await using devices = await openDevices({ TANDEM_BACKEND: backend, TANDEM_DEVICES: "1" }, { inProcess });
    expect(devices.devices.map(({ name }) => name)).toEqual([`${backend}:0`]);
    const { y } = await evaluate(square, { x }, { devices });
    expect([...y.data]).toEqual(squared);
  });

  test("values travel between two devices", async () => {
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
    const steps = traceEvents.filter(
      ({ ph, cat }: { readonly ph: string; readonly cat: string }) => ph === "X" && cat !== "transfer",
    );
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
