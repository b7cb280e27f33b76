// Tuning on adapters as they are, with the file on a disk.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { host } from "#host";
import { describeOnAdapters } from "../adapter/test-adapters.test-support.ts";
import {
  chainOf,
  openTestDevice,
  readVector,
  reserveVectors,
  testKernels,
} from "../device/test-device.test-support.ts";
import type { KernelDefinition } from "../kernel.ts";
import { parseTuningFile } from "./tuning-record.ts";
import { TuningStore } from "./tuning-store.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-tuning-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** One that computes long, one that does not compile, and a good one. Their results differ, to see which ran. */
const choosing: KernelDefinition = {
  supports: () => true,
  variants: () => ["slow", "misspelt", "double"],
  dispatches: (step, capabilities, variant = "slow") => testKernels.get(variant)?.dispatches(step, capabilities) ?? [],
};
const kernels = new Map([["choosing", choosing]]);
const program = chainOf([["choosing", 0, 1]]);

describeOnAdapters("tuning", (adapter) => {
  test("finds the fastest variant, skips one that does not compile, gives the memory back and remembers", async () => {
    const path = join(folder, adapter, "deeper", "tuning.json");
    const store = new TuningStore(path, host, () => undefined);
    await using opened = await openTestDevice(adapter, { kernels, tuning: { mode: "force", store } });
    const { device } = opened;
    using executable = await device.load(program);
    expect(await device.memoryUse()).toEqual({ allocatedBytes: 0, peakBytes: 0 });
    expect(device.tuning).toMatchObject([{ op: "choosing", variant: "double", source: "measured" }]);
    expect(Object.keys(device.tuning[0]?.milliseconds ?? {})).toEqual(["slow", "double"]);
    expect(parseTuningFile(await readFile(path, "utf8"))).toMatchObject([{ variant: "double" }]);
    expect(await readdir(join(folder, adapter, "deeper"))).toEqual(["tuning.json"]);
    await reserveVectors(device, 2);
    device.write(0, Float32Array.of(1, 2, 3, 4));
    await executable.submit(0, [0, 1]);
    expect(await readVector(device, 1)).toEqual([2, 4, 6, 8]);
  });

  test("measures without timestamps too", async () => {
    const store = new TuningStore(undefined, host, () => undefined);
    await using opened = await openTestDevice(adapter, {
      kernels,
      tuning: { mode: "force", store },
      restrictions: { timestamps: false },
    });
    using _ = await opened.device.load(program);
    expect(opened.device.tuning).toMatchObject([{ variant: "double" }]);
  });

  test("takes the first variant where it is not asked for, and on software unless it is forced", async () => {
    const store = new TuningStore(undefined, host, () => undefined);
    await using opened = await openTestDevice(adapter, { kernels, tuning: { mode: "on", store } });
    using _ = await opened.device.load(program);
    expect(opened.device.tuning).toEqual([]);
  });
});

test("a file is read as it is, and is nothing where it is missing", async () => {
  const path = join(folder, "text");
  expect(await host.readText(path)).toBeUndefined();
  await writeFile(path, "old");
  await host.writeText(path, "new");
  expect(await host.readText(path)).toBe("new");
});

test("tuning is remembered in the user's cache folder", () => {
  expect(host.tuningFile).toMatch(/tandem.webgpu-tuning\.json$/);
});
