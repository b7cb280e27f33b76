import { type Step, spec } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { leastCapabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";
import { type TuneMode, Tuner, type TunerSetting } from "./tuner.ts";
import { parseTuningFile } from "./tuning-record.ts";
import { TuningStore } from "./tuning-store.ts";

const capabilities = { ...leastCapabilities, adapter: "Imaginary 9000", driver: "1.2" };

function kernelOf(variants: readonly string[], text = "text"): KernelDefinition {
  return {
    supports: () => true,
    variants: () => variants,
    dispatches: (_, __, variant) => [{ wgsl: `${text} ${variant}`, bindings: [], workgroups: [1, 1, 1] }],
  };
}

const kernels = new Map([
  ["matmul", kernelOf(["small", "large", "split"])],
  ["map", kernelOf(["only"])],
]);

function stepOf(op: string, size: number, id = 0): Step {
  const operand = (slot: number) => ({ slot, type: spec("f32", [size]) });
  return {
    id,
    op,
    attributes: {},
    inputs: [operand(0)],
    outputs: [operand(1)],
    scope: "",
    flops: 0,
    bytesMoved: 0,
    releases: [],
  };
}

/** A disk of one file, and what was warned about it. */
function disk(text?: string) {
  const state = { text, warnings: [] as string[], writes: 0 };
  const files = {
    readText: async () => state.text,
    writeText: async (_: string, written: string) => {
      state.text = written;
      state.writes += 1;
    },
  };
  return { state, store: () => new TuningStore("tuning.json", files, (warning) => state.warnings.push(warning)) };
}

/** A tuner whose clock is a table, and the measurements it made. */
function tunerWith(times: Readonly<Record<string, number>>, setting: Partial<TunerSetting> = {}) {
  const measured: string[] = [];
  const tuner = new Tuner({
    mode: "on",
    capabilities,
    kernels,
    store: disk().store(),
    measure: async (step, variant) => {
      measured.push(`${step.op} ${step.inputs[0]?.type.shape} ${variant}`);
      return times[variant];
    },
    ...setting,
  });
  return { tuner, measured };
}

describe("a tuner", () => {
  test("takes the fastest variant of each step that has several, and says what it saw", async () => {
    const { tuner, measured } = tunerWith({ small: 3, large: 1, split: 2 });
    const step = stepOf("matmul", 8);
    const variants = await tuner.variantsFor([step, stepOf("map", 8)]);
    expect([...variants]).toEqual([[step, "large"]]);
    expect(measured).toEqual(["matmul 8 small", "matmul 8 large", "matmul 8 split"]);
    expect(tuner.choices).toMatchObject([
      {
        adapter: "Imaginary 9000",
        driver: "1.2",
        op: "matmul",
        types: "f32[8] -> f32[8]",
        variant: "large",
        milliseconds: { small: 3, large: 1, split: 2 },
        source: "measured",
      },
    ]);
    expect(structuredClone(tuner.choices)).toEqual(tuner.choices);
  });

  test("measures steps of one shape once", async () => {
    const { tuner, measured } = tunerWith({ small: 3, large: 1, split: 2 });
    const variants = await tuner.variantsFor([stepOf("matmul", 8, 0), stepOf("matmul", 8, 1), stepOf("matmul", 9, 2)]);
    await tuner.variantsFor([stepOf("matmul", 9, 3)]);
    expect(variants.size).toBe(3);
    expect(measured).toHaveLength(6);
  });

  test("leaves out variants that do not run, and takes the first of equals", async () => {
    const { tuner } = tunerWith({ large: 2, split: 2 });
    const step = stepOf("matmul", 8);
    expect((await tuner.variantsFor([step])).get(step)).toBe("large");
  });

  test("leaves the choice to the kernel where none runs", async () => {
    const { tuner } = tunerWith({});
    expect((await tuner.variantsFor([stepOf("matmul", 8)])).size).toBe(0);
    expect(tuner.choices).toEqual([]);
  });

  test.each<{ mode: TuneMode; isSoftware: boolean; measurements: number }>([
    { mode: "off", isSoftware: false, measurements: 0 },
    { mode: "off", isSoftware: true, measurements: 0 },
    { mode: "on", isSoftware: false, measurements: 3 },
    { mode: "on", isSoftware: true, measurements: 0 },
    { mode: "force", isSoftware: true, measurements: 3 },
  ])("that is $mode measures $measurements times where software is $isSoftware", async (given) => {
    const { tuner, measured } = tunerWith(
      { small: 1, large: 2, split: 3 },
      { mode: given.mode, capabilities: { ...capabilities, isSoftware: given.isSoftware } },
    );
    await tuner.variantsFor([stepOf("matmul", 8)]);
    expect(measured).toHaveLength(given.measurements);
  });
});

describe("what was measured", () => {
  const times = { small: 3, large: 1, split: 2 };
  const step = stepOf("matmul", 8);

  test("is remembered by the next process", async () => {
    const { state, store } = disk();
    await tunerWith(times, { store: store() }).tuner.variantsFor([step]);
    expect(parseTuningFile(state.text ?? "")).toHaveLength(1);
    const { tuner, measured } = tunerWith({}, { store: store() });
    expect((await tuner.variantsFor([step])).get(step)).toBe("large");
    expect(tuner.choices).toMatchObject([{ source: "remembered" }]);
    expect(measured).toEqual([]);
    expect(state.writes).toBe(1);
  });

  test.each<[string, Partial<TunerSetting>]>([
    ["another adapter", { capabilities: { ...capabilities, adapter: "Imaginary 9001" } }],
    ["another driver", { capabilities: { ...capabilities, driver: "1.3" } }],
    ["another text of the kernel", { kernels: new Map([["matmul", kernelOf(["small", "large", "split"], "new")]]) }],
    ["another list of variants", { kernels: new Map([["matmul", kernelOf(["small", "large"])]]) }],
    ["the mode force", { mode: "force" }],
  ])("is measured again for %s", async (_, setting) => {
    const { store } = disk();
    await tunerWith(times, { store: store() }).tuner.variantsFor([step]);
    const { tuner, measured } = tunerWith(times, { store: store(), ...setting });
    await tuner.variantsFor([step]);
    expect(measured.length).toBeGreaterThan(0);
    expect(tuner.choices).toMatchObject([{ source: "measured" }]);
  });

  test("stands in the file beside what other processes found meanwhile", async () => {
    const { state, store } = disk();
    const [one, other] = [tunerWith(times, { store: store() }), tunerWith(times, { store: store() })];
    await one.tuner.variantsFor([stepOf("matmul", 8)]);
    await other.tuner.variantsFor([stepOf("matmul", 9)]);
    await one.tuner.variantsFor([stepOf("matmul", 10)]);
    expect(
      parseTuningFile(state.text ?? "")
        ?.map(({ types }) => types)
        .sort(),
    ).toEqual(["f32[10] -> f32[10]", "f32[8] -> f32[8]", "f32[9] -> f32[9]"]);
  });

  test.each([
    "",
    "{",
    "[]",
    '{"version": 2, "records": []}',
    '{"version": 1, "records": [{"key": "a"}]}',
    '{"version": 1, "records": [{"key":"a","adapter":"","driver":"","op":"","types":"","variant":"","milliseconds":{"b":"c"}}]}',
  ])("is measured again, with a warning, where the file is corrupt: %s", async (text) => {
    const { state, store } = disk(text);
    const { tuner, measured } = tunerWith(times, { store: store() });
    expect((await tuner.variantsFor([step])).get(step)).toBe("large");
    expect(measured).toHaveLength(3);
    expect(state.warnings[0]).toBe("tuning.json is not a tuning file of this version: it is ignored");
    expect(parseTuningFile(state.text ?? "")).toHaveLength(1);
  });

  test("lasts as long as the process where there is no disk", async () => {
    const { state } = disk();
    const store = new TuningStore(
      undefined,
      { readText: async () => state.text, writeText: async () => undefined },
      () => undefined,
    );
    await tunerWith(times, { store }).tuner.variantsFor([step]);
    const { tuner } = tunerWith({}, { store });
    expect((await tuner.variantsFor([step])).get(step)).toBe("large");
  });

  test("is used although the file cannot be written", async () => {
    const warnings: string[] = [];
    const readOnly = {
      readText: async () => undefined,
      writeText: async () => {
        throw new Error("read-only");
      },
    };
    const store = new TuningStore("tuning.json", readOnly, (warning) => warnings.push(warning));
    const { tuner } = tunerWith(times, { store });
    expect((await tuner.variantsFor([step])).get(step)).toBe("large");
    expect(warnings).toEqual(["tuning is not remembered: tuning.json cannot be written (Error: read-only)"]);
  });
});
