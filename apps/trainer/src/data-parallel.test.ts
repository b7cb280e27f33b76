// A batch that is divided between devices trains the network that one device trains.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunDirectory, type NamedTensors, type RunDirectory, readTrainingCheckpoint } from "@tandem/checkpoint";
import { openDevices } from "@tandem/devices";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { halvesConfig, openHalves, STEPS_PER_EPOCH } from "./halves.test-support.ts";
import { configFor } from "./preset.ts";
import { train } from "./train.ts";
import type { TrainingConfig } from "./training-config.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Trained {
  readonly losses: readonly number[];
  readonly tensors: NamedTensors;
  readonly validationErrors: readonly number[];
}

/** `devices` as TANDEM_DEVICES has it. */
async function trainOn(devices: string, parallel: TrainingConfig["parallel"]): Promise<Trained> {
  const run = await createRunDirectory({ root, defaultName: "run" });
  const config: TrainingConfig = { ...halvesConfig, towers: 1, parallel, epochs: 1 };
  const losses: number[] = [];
  const validationErrors: number[] = [];
  await using group = await openDevices({ TANDEM_DEVICES: devices, TANDEM_THREADS: "4" }, { inProcess: true });
  await train(config, {
    devices: group,
    data: openHalves(),
    openRun: async () => run,
    report: (event) => {
      if (event.kind === "step") losses.push(event.loss);
      if (event.kind === "epoch") validationErrors.push(event.validation.top1);
    },
    signal: new AbortController().signal,
  });
  const { tensors } = await readTrainingCheckpoint(join(run.path, "checkpoints", "epoch-1.safetensors"));
  return { losses, tensors, validationErrors };
}

describe.each([["wasm:0,wasm:1"], ["wasm:0,wasm:1,wasm:2"], ["reference:0,reference:1"], ["wasm:0,reference:0"]])(
  "on %s",
  (devices) => {
    test("an epoch comes to what it comes to on the first of them", async () => {
      const [first = ""] = devices.split(",");
      const [one, several] = [await trainOn(first, "towers"), await trainOn(devices, "data")];
      expect(several.losses.length).toBe(STEPS_PER_EPOCH);
      for (const [step, loss] of one.losses.entries()) expect(several.losses[step]).toBeCloseTo(loss, 4);
      expect([...several.tensors.keys()]).toEqual([...one.tensors.keys()]);
      for (const [name, { data }] of one.tensors) {
        const other = several.tensors.get(name)?.data ?? [];
        const values = Array.from(data);
        const largest = Math.max(...values.map(Math.abs));
        const apart = Math.max(...values.map((value, at) => Math.abs(value - (other[at] ?? Number.NaN))));
        expect(apart / largest, name).toBeLessThan(1e-3);
      }
      expect(several.validationErrors).toEqual(one.validationErrors);
    });
  },
);

test("a batch smaller than the number of devices is refused", async () => {
  await using devices = await openDevices({ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "3" }, { inProcess: true });
  const config: TrainingConfig = { ...halvesConfig, towers: 1, parallel: "data", batch: 2 };
  const openRun = (): Promise<RunDirectory> => createRunDirectory({ root, defaultName: "small" });
  const { signal } = new AbortController();
  await expect(train(config, { devices, data: openHalves(), openRun, report: () => {}, signal })).rejects.toThrow(
    /a batch of 2 cannot be divided between 3 devices\n.*use a larger batch, or fewer devices/,
  );
});

test("data parallelism takes one tower, and refuses two", () => {
  expect(configFor({ parallel: "data" })).toMatchObject({ towers: 1, parallel: "data" });
  expect(configFor({})).toMatchObject({ towers: 2, parallel: "towers" });
  expect(() => configFor({ parallel: "data", towers: 2 })).toThrow(/leave out --towers, or --parallel data/);
});
