import { describe, expect, test } from "vitest";
import type { Outcome } from "../contender.ts";
import { compare, plainRow, ratiosOf } from "./compare.ts";
import { example } from "./example.test-support.ts";
import { sharesOfAdapter, sharesOfCpu } from "./shares.ts";

const sharesOf = sharesOfCpu(example.machine.peak);
const head = { name: "square", shape: "8 x 8 x 8", unit: "GFLOP/s", work: 40, flops: 40e9 } as const;
const took = (...seconds: readonly number[]): Outcome => ({ kind: "measured", seconds });

describe("a row", () => {
  const contenders = [{ name: "tandem" }, { name: "fast" }, { name: "unable" }];
  const row = compare(
    head,
    contenders,
    [took(1, 0.5, 0.4), took(0.25), { kind: "unmeasured", reason: "no" }],
    sharesOf,
  );

  test("has our rate, and its share of the peak of all threads", () => {
    expect(row.value).toEqual({ median: 80, min: 40, max: 100, count: 3 });
    expect(row.peakShare).toEqual({ bits128: 0.8, widest: 0.4 });
  });

  test("has each peer's rate and our speed over its speed", () => {
    expect(row.peers).toEqual({
      fast: { value: { median: 160, min: 160, max: 160, count: 1 }, ratio: 0.5, bestRatio: 0.625 },
    });
    expect(row.unmeasured).toEqual({ unable: "no" });
  });
});

describe("the share of an adapter's peak", () => {
  const adapter = { name: "Abacus", driver: "1", isSoftware: false, peak: { f32: 200, f16: 400, copy: 10 } };
  const datasheet = { f32: 250, memory: 20, source: "its maker" };

  test("is of what was measured, and of what its maker states", () => {
    expect(sharesOfAdapter({ ...adapter, datasheet }, "f32")(100)).toEqual({
      adapterShare: { measured: 0.5, datasheet: 0.4 },
    });
  });

  test("is of what was measured alone, where the maker states nothing", () => {
    expect(sharesOfAdapter(adapter, "f32")(100)).toEqual({ adapterShare: { measured: 0.5 } });
  });

  test("in f16 is of multiply-adds in f16", () => {
    expect(sharesOfAdapter({ ...adapter, datasheet }, "f16")(100)).toEqual({ adapterShare: { measured: 0.25 } });
  });
});

describe("ratios", () => {
  const result = (ratio: number) => ({ value: { median: 1, min: 1, max: 1, count: 1 }, ratio, bestRatio: ratio });
  const rowWith = (peers: Readonly<Record<string, number>>) => ({
    ...plainRow("row", "", "GFLOP/s", result(1).value),
    peers: Object.fromEntries(Object.entries(peers).map(([peer, ratio]) => [peer, result(ratio)])),
  });
  const contenders = [{ name: "torch" }, { name: "torch keeping memory" }, { name: "jaxjs" }];

  test("are geometric means over the rows that have one", () => {
    const rows = [rowWith({ torch: 4, "torch keeping memory": 1 }), rowWith({ torch: 1 })];
    const ratios = ratiosOf(rows, contenders);
    expect(Object.keys(ratios)).toEqual(["torch", "torch keeping memory"]);
    expect(ratios.torch).toBeCloseTo(2);
    expect(ratios["torch keeping memory"]).toBeCloseTo(1);
  });
});
