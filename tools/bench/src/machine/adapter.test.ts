import { findAdapters } from "@tandem/backend-webgpu";
import { describe, expect, test } from "vitest";
import { softwareAdapter } from "../software-adapter.test-support.ts";
import { adapterLines, describeAdapter } from "./adapter.ts";
import { measureAdapterPeak } from "./adapter-peak.ts";
import { bestRate } from "./best-rate.ts";
import { datasheetOf } from "./datasheet.ts";

const adapter = await softwareAdapter();

describe("the best rate", () => {
  /** Work that takes these milliseconds a repetition, in turn, on a clock of its own. */
  function workOf(durations: readonly number[]): { run: (times: number) => Promise<void>; now: () => number } {
    const rest = [...durations];
    let time = 0;
    return {
      now: () => time,
      async run(times) {
        time += times * (rest.shift() ?? 1e9);
      },
    };
  }

  test("is of the shortest try, and tries are long enough", async () => {
    const { run, now } = workOf([1, 1, 1, 1, 2, 0.5]);
    // 1, 2, 4 and 8 repetitions until a try lasts 8 ms; then two more tries of 8.
    expect(await bestRate(run, 3, { milliseconds: 8, tries: 3 }, now)).toBe((3 * 8) / 0.004);
  });

  test("takes one try where one is asked for", async () => {
    const { run, now } = workOf([20]);
    expect(await bestRate(run, 5, { milliseconds: 10, tries: 1 }, now)).toBe(5 / 0.02);
  });
});

describe("what makers state", () => {
  test.each([
    ["NVIDIA H100 80GB HBM3", 67_000],
    ["NVIDIA H100 PCIe", 51_000],
    ["NVIDIA A100-SXM4-40GB", 19_500],
    ["NVIDIA L4", 30_300],
    ["NVIDIA L40S", 91_600],
    ["Tesla T4", 8100],
  ])("%s: %i GFLOP/s", (name, expected) => {
    expect(datasheetOf(name)?.f32).toBe(expected);
  });

  test.each(["SwiftShader Device (Subzero)", "NVIDIA L4000", "AMD Abacus"])("%s is not in the table", (name) => {
    expect(datasheetOf(name)).toBeUndefined();
  });
});

test("an adapter as lines: what was measured, what is stated, and whether it is software", () => {
  const measured = { name: "Abacus", driver: "1.0", peak: { f32: 60_000, f16: 120_000, copy: 3000 } };
  const datasheet = { f32: 67_000, memory: 3350, source: "its maker" };
  expect(adapterLines({ ...measured, isSoftware: false, datasheet })).toEqual([
    "Abacus (1.0)",
    "measured peak: 60000 GFLOP/s in f32, 120000 GFLOP/s in f16, copying 3000 GB/s",
    "stated peak: 67000 GFLOP/s in f32, memory 3350 GB/s (its maker)",
  ]);
  expect(adapterLines({ ...measured, isSoftware: true })[0]).toContain("SOFTWARE");
});

describe.runIf(adapter !== undefined)("on a software adapter", () => {
  test("both loops run, and the result says that it is software", async () => {
    const found = (await findAdapters()).find((each) => each.adapter === adapter);
    if (found === undefined) throw new Error(`the adapter ${adapter} is gone`);
    const described = await describeAdapter(found);
    expect(described).toMatchObject({ name: adapter, isSoftware: true });
    expect(described.datasheet).toBeUndefined();
    expect(described.peak.f32).toBeGreaterThan(0);
    expect(described.peak.copy).toBeGreaterThan(0);
    expect(described.peak.f16 !== undefined).toBe(found.f16);
  });

  test("that does not exist there is no peak", async () => {
    await expect(measureAdapterPeak("Abacus", { isSoftware: true })).rejects.toThrow("no suitable backends");
  });
});
