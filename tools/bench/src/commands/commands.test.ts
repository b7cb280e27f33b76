import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Contender } from "../contender.ts";
import { plainRow } from "../report/compare.ts";
import { example } from "../report/example.test-support.ts";
import { overheadRows } from "./load.ts";
import { benchFile, introduction } from "./measurement.ts";
import { operationTasks } from "./operations.ts";
import { writeReport } from "./report.ts";
import { kernelRows, phaseRows } from "./step.ts";

const kernel = { op: "map", flops: 1, bytesMoved: 1 };
const profile = [
  { ...kernel, stepId: 0, scope: "conv1", milliseconds: 6 },
  { ...kernel, stepId: 1, scope: "loss", milliseconds: 3 },
  { ...kernel, stepId: 2, scope: "update", milliseconds: 1 },
];

test("gemm has squares and fully connected layers, conv has convolutions", () => {
  const names = (subject: "gemm" | "conv"): readonly string[] => operationTasks(subject, {}).map(({ name }) => name);
  expect(names("gemm").slice(0, 4)).toEqual(["square 512", "square 1024", "square 2048", "fc6 forward"]);
  expect(names("conv")).toContain("conv2 input gradient");
  expect(names("conv")).not.toContain("conv1 input gradient");
});

describe("phases of a step", () => {
  const contenders = [{ name: "tandem" }, { name: "torch" }];
  const ours = { kind: "measured", seconds: [1] } as const;

  test("are compared with a peer's, where it tells them", () => {
    const torch = { ...ours, phases: { forward: [0.012, 0.012], backward: [0.003], update: [0.002] } };
    const rows = phaseRows("net", { profiles: [profile] }, contenders, [ours, torch]);
    expect(rows.map(({ name, value, peers }) => [name, value.median, peers.torch?.ratio])).toEqual([
      ["forward", 6, 2],
      ["backward", 3, 1],
      ["update", 1, 2],
    ]);
  });

  test("are left out where our devices do not measure", () => {
    expect(phaseRows("net", { profiles: [] }, contenders, [ours, ours])).toEqual([]);
  });
});

describe("kernels of a step", () => {
  const profiled = {
    profiles: [[{ stepId: 0, op: "matmul", scope: "fc6", milliseconds: 2, flops: 4e9, bytesMoved: 6e8 }]],
  };

  test("have rates", () => {
    const [row] = kernelRows(profiled, undefined, "f32");
    expect(row).toMatchObject({ name: "kernel: matmul in fc6", note: "100.0 %, 2000.0 GFLOP/s, 300.0 GB/s" });
  });

  test("have shares of what the adapter does in this precision", () => {
    const peak = { f32: 4000, f16: 8000, copy: 400 };
    const note = (precision: "f32" | "f16") => kernelRows(profiled, peak, precision)[0]?.note;
    expect(note("f32")).toBe("100.0 %, 2000.0 GFLOP/s (50 % of the peak), 300.0 GB/s (75 % of a copy)");
    expect(note("f16")).toContain("(25 % of the peak)");
  });
});

describe("the overhead of a kernel", () => {
  const wall = { median: 0.013, min: 0.009, max: 0.016, count: 4 };

  test("is what a step takes beside its kernels, shared among them", () => {
    const [row] = overheadRows("net", { wall, kernels: 3, profiles: [profile] });
    expect(row?.unit).toBe("us");
    expect(row?.value.median).toBeCloseTo(1000);
    expect(row?.value.min).toBe(0);
    expect(row?.value.max).toBeCloseTo(2000);
  });

  test("is unknown where devices do not measure", () => {
    expect(overheadRows("net", { wall, kernels: 3, profiles: [] })).toEqual([]);
  });
});

test("the introduction names the machine, who takes part, and who is missing with the way to install it", () => {
  const missing = [{ name: "torch", reason: "it is not installed", install: "apt install python3-torch" }] as const;
  const lines = introduction(example.machine, [{ name: "tandem", details: { devices: "wasm:0" } }], missing);
  expect(lines).toEqual([
    "Abacus, 2 cores, Linux x64, Node v20.19.0",
    "Peak in GFLOP/s with 1 / 2 threads: 128 bits 50 / 100, 256 bits 100 / 200 (cc -O3)",
    "Environment: OPENBLAS_CORETYPE=Haswell",
    "tandem: devices wasm:0",
    "torch is missing: it is not installed (apt install python3-torch)",
  ]);
});

test("a file has the ratios of the rows that are rates", () => {
  const contender = (name: string, library: string): Contender => ({
    name,
    library,
    details: { devices: "wasm:0" },
    measure: async () => ({ kind: "unmeasured", reason: "it is made up" }),
    [Symbol.asyncDispose]: async () => undefined,
  });
  const contenders = [contender("tandem", "tandem"), contender("torch", "torch")] as const;
  const options = { threads: 2, peers: [], towers: 1, rounds: 3, precision: "f32" } as const;
  const time = { median: 1, min: 1, max: 1, count: 1 };
  const phase = {
    ...plainRow("forward", "net", "ms", time),
    peers: { torch: { value: time, ratio: 9, bestRatio: 9 } },
  };
  const file = benchFile("pnpm bench gemm", options, { machine: example.machine, contenders, missing: [] }, [
    ...example.rows,
    phase,
  ]);
  expect(file.ratios).toEqual({ torch: 0.5 });
  expect(file.devices).toBe("wasm:0");
});

describe("the report", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tandem-bench-report-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("without results says how to get some", async () => {
    await expect(writeReport(join(folder, "none"), join(folder, "doc.md"))).rejects.toThrow("pnpm bench gemm");
  });

  test("has a section for every result", async () => {
    await writeFile(join(folder, "gemm.json"), JSON.stringify(example));
    expect(await writeReport(folder, join(folder, "doc.md"))).toContain("1 results");
    expect(await readFile(join(folder, "doc.md"), "utf8")).toContain("## `pnpm bench gemm --peers torch,ort`");
  });

  test("leaves out what was taken on a software adapter, and says so", async () => {
    const adapter = { name: "SwiftShader", driver: "5", isSoftware: true, peak: { f32: 1, copy: 1 } };
    const software = { ...example, command: "pnpm bench step --backend webgpu", adapter };
    await writeFile(join(folder, "step.json"), JSON.stringify(software));
    expect(await writeReport(folder, join(folder, "doc.md"))).toContain("1 results");
    expect(await writeReport(folder, join(folder, "doc.md"))).toContain("without 1 of software adapters");
    expect(await readFile(join(folder, "doc.md"), "utf8")).not.toContain("SwiftShader");
  });

  test("does not take another file for a result", async () => {
    await writeFile(join(folder, "other.json"), "{}");
    await expect(writeReport(folder, join(folder, "doc.md"))).rejects.toThrow("other.json is not a result");
  });
});
