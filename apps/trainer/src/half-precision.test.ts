// Training in f16: what is written, that a run goes on with the scale it had, and what devices without f16 say.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunDirectory, openRunDirectory, type RunDirectory, readTrainingCheckpoint } from "@tandem/checkpoint";
import { BackendError, type DeviceGroup } from "@tandem/core";
import { openDevices } from "@tandem/devices";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { halvesConfig, openHalves, STEPS_PER_EPOCH } from "./halves.test-support.ts";
import { readConfig } from "./stored-config.ts";
import { train } from "./train.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { StepEvent } from "./training-events.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Trained {
  readonly run: RunDirectory;
  readonly steps: readonly StepEvent[];
}

const newRun = (): Promise<RunDirectory> => createRunDirectory({ root, defaultName: "run" });

async function trainIn(
  run: RunDirectory,
  config: TrainingConfig,
  devices: DeviceGroup,
  resume = false,
): Promise<Trained> {
  const steps: StepEvent[] = [];
  await train(config, {
    devices,
    data: openHalves(),
    openRun: async () => run,
    resume,
    report: (event) => {
      if (event.kind === "step") steps.push(event);
    },
    signal: new AbortController().signal,
  });
  return { run, steps };
}

async function onReference(changes: Partial<TrainingConfig>, given?: RunDirectory): Promise<Trained> {
  await using devices = await openDevices({ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "2" }, { inProcess: true });
  const run = given === undefined ? await newRun() : await openRunDirectory(given.path, { root, workingFolder: root });
  return await trainIn(run, { ...halvesConfig, ...changes }, devices, given !== undefined);
}

const checkpointOf = ({ path }: RunDirectory, label: string) =>
  readTrainingCheckpoint(join(path, "checkpoints", `${label}.safetensors`));

const half = { precision: "f16", epochs: 2 } as const;

describe("a training in f16", () => {
  let whole: Trained;
  beforeAll(async () => {
    whole = await onReference(half);
  });

  test("loses what one in f32 loses, within 2 percent", async () => {
    const single = await onReference({ epochs: 2, steps: 5 });
    expect(whole.steps).toHaveLength(2 * STEPS_PER_EPOCH);
    for (const [index, { loss }] of single.steps.entries()) {
      expect(Math.abs((whole.steps[index]?.loss ?? Number.NaN) - loss) / loss).toBeLessThan(0.02);
    }
    expect(whole.steps).not.toEqual(single.steps);
  });

  test("writes its precision, the scale of each loss that is logged, and the scale to go on with", async () => {
    const { run } = whole;
    expect((await readConfig(run)).precision).toBe("f16");
    const metrics = (await readFile(join(run.path, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
    expect(metrics.map((line) => JSON.parse(line)).find(({ kind }) => kind === "step")).toMatchObject({
      step: 10,
      lossScale: 2 ** 15,
    });
    const { tensors } = await checkpointOf(run, "epoch-2");
    expect(tensors.get("lossScale.scale")?.data[0]).toBe(2 ** 15);
    expect(tensors.get("lossScale.goodSteps")?.data[0]).toBe(2 * STEPS_PER_EPOCH);
    expect(
      [...tensors].filter(([name]) => !name.startsWith("lossScale")).every(([, { dtype }]) => dtype === "f32"),
    ).toBe(true);
  });

  test("goes on where it stopped, bit for bit", async () => {
    const { run } = await onReference({ ...half, epochs: 1 });
    await onReference(half, run);
    expect(await checkpointOf(run, "epoch-2")).toEqual(await checkpointOf(whole.run, "epoch-2"));
  });

  test("is the same with the batch divided between devices, within 2 percent", async () => {
    const one = await onReference({ ...half, steps: 2, towers: 1 });
    const two = await onReference({ ...half, steps: 2, towers: 1, parallel: "data" });
    for (const [index, { loss }] of one.steps.entries()) {
      expect(Math.abs((two.steps[index]?.loss ?? Number.NaN) - loss) / loss).toBeLessThan(0.02);
    }
    expect(two.steps.every(({ lossScale }) => lossScale === 2 ** 15)).toBe(true);
  });
});

test("devices without f16 refuse before anything is written, with what to do", async () => {
  await using devices = await openDevices({ TANDEM_BACKEND: "wasm", TANDEM_DEVICES: "1" }, { inProcess: true });
  const before = await readdir(root);
  const training = train(
    { ...halvesConfig, ...half },
    {
      devices,
      data: openHalves(),
      openRun: newRun,
      report: () => {},
      signal: new AbortController().signal,
    },
  );
  await expect(training).rejects.toThrow(BackendError);
  await expect(training).rejects.toThrow(/wasm cannot run map f32\[[\d,]+\] -> f16/);
  await expect(training).rejects.toThrow("--precision f32");
  expect(await readdir(root)).toEqual(before);
});
