// A run that is gone on with is the run that was never interrupted.
import { cp, mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createRunDirectory, openRunDirectory, type RunDirectory, readTrainingCheckpoint } from "@tandem/checkpoint";
import { type Device, DeviceGroup, DeviceLostError } from "@tandem/core";
import { openDevices } from "@tandem/devices";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { halvesConfig, openHalves, STEPS_PER_EPOCH } from "./halves.test-support.ts";
import { readConfig, resumedConfig } from "./stored-config.ts";
import { type TrainingOutcome, train } from "./train.ts";
import type { TrainingConfig } from "./training-config.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Setting {
  readonly backend: string;
  readonly devices?: number;
  /** Asks to stop after this step. */
  readonly stopAfter?: number;
  readonly notes?: string[];
}

async function trainIn(
  run: RunDirectory,
  config: TrainingConfig,
  { backend, devices: count = 1, stopAfter, notes = [] }: Setting,
  resume = false,
): Promise<TrainingOutcome> {
  const environment = { TANDEM_BACKEND: backend, TANDEM_DEVICES: `${count}`, TANDEM_THREADS: `${count}` };
  await using devices = await openDevices(environment, { inProcess: true });
  const controller = new AbortController();
  return await train(config, {
    devices,
    data: openHalves(),
    openRun: async () => run,
    resume,
    report: (event) => {
      if (event.kind === "note") notes.push(event.text);
      if (event.kind === "step" && event.step === stopAfter) controller.abort();
    },
    signal: controller.signal,
  });
}

const newRun = (): Promise<RunDirectory> => createRunDirectory({ root, defaultName: "run" });
const reopened = ({ path }: RunDirectory): Promise<RunDirectory> =>
  openRunDirectory(path, { root, workingFolder: root });
const goOn = async (run: RunDirectory, config: TrainingConfig, setting: Setting): Promise<TrainingOutcome> =>
  trainIn(await reopened(run), config, setting, true);

const checkpointOf = (run: RunDirectory, label: string) =>
  readTrainingCheckpoint(join(run.path, "checkpoints", `${label}.safetensors`));

async function metricsOf(run: RunDirectory): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(run.path, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => {
    const { seconds, imagesPerSecond, secondsLeft, ...record } = JSON.parse(line);
    return record;
  });
}

describe.each(["reference", "wasm"])("on %s", (backend) => {
  const config: TrainingConfig = {
    ...halvesConfig,
    epochs: 4,
    schedule: { kind: "plateau", patience: 1, factor: 0.5, drops: 3 },
  };
  let whole: RunDirectory;
  beforeAll(async () => {
    whole = await newRun();
    await trainIn(whole, config, { backend });
  });

  test("two epochs and two more are four, bit for bit, metrics and model included", async () => {
    const run = await newRun();
    await trainIn(run, { ...config, epochs: 2 }, { backend });
    expect((await goOn(run, config, { backend })).kind).toBe("finished");
    expect(await checkpointOf(run, "epoch-4")).toEqual(await checkpointOf(whole, "epoch-4"));
    expect(await readFile(join(run.path, "model.safetensors"))).toEqual(
      await readFile(join(whole.path, "model.safetensors")),
    );
    const metrics = await metricsOf(run);
    const resumed = { kind: "resume", step: 2 * STEPS_PER_EPOCH, epoch: 2, checkpoint: "epoch-2.safetensors" };
    expect(metrics.filter(({ kind }) => kind === "resume")).toEqual([resumed]);
    const epochs = (all: Record<string, unknown>[]) =>
      all.filter(({ kind }) => kind === "epoch").map(({ epochs: _, ...record }) => record);
    expect(epochs(metrics)).toEqual(epochs(await metricsOf(whole)));
    expect(await readConfig(run)).toEqual(config);
  });

  test("a run that was stopped within an epoch goes on after its last step", async () => {
    const run = await newRun();
    const stopped = await trainIn(run, config, { backend, stopAfter: 8 });
    expect(stopped).toMatchObject({ kind: "interrupted", step: expect.any(Number) });
    await goOn(run, config, { backend });
    expect(await checkpointOf(run, "epoch-2")).toEqual(await checkpointOf(whole, "epoch-2"));
    expect(await checkpointOf(run, "epoch-4")).toEqual(await checkpointOf(whole, "epoch-4"));
    const lines = (await metricsOf(run)).filter(({ kind }) => kind !== "resume" && kind !== "step");
    expect(lines).toEqual((await metricsOf(whole)).filter(({ kind }) => kind !== "step"));
  });
});

describe("a run", () => {
  const backend = "wasm";
  let begun: RunDirectory;
  beforeAll(async () => {
    begun = await newRun();
    await trainIn(begun, { ...halvesConfig, epochs: 2 }, { backend });
  });
  const copied = async (): Promise<RunDirectory> => {
    const run = await newRun();
    await cp(begun.path, run.path, { recursive: true });
    return run;
  };

  test("whose newest checkpoint is damaged goes on from the one before, with a warning", async () => {
    const run = await copied();
    await truncate(join(run.path, "checkpoints", "epoch-2.safetensors"), 1000);
    const notes: string[] = [];
    await goOn(run, halvesConfig, { backend, notes });
    expect(notes).toContainEqual(expect.stringMatching(/Warning: a checkpoint is left out: .*epoch-2\.safetensors/));
    expect(notes).toContainEqual(expect.stringMatching(/Going on after step 6, 1 epochs completed, from .*epoch-1/));
    expect(await checkpointOf(run, "epoch-2")).toEqual(await checkpointOf(begun, "epoch-2"));
    const steps = (await metricsOf(run)).flatMap(({ kind, epoch }) => (kind === "epoch" ? [epoch] : []));
    expect(steps).toEqual([1, 2, 3]);
  });

  test("that has no checkpoint cannot go on", async () => {
    const run = await newRun();
    await run.writeConfig(halvesConfig);
    await expect(goOn(run, halvesConfig, { backend })).rejects.toThrow(/has no checkpoint to go on from/);
  });

  test("that is finished says how to train for longer", async () => {
    const refused = goOn(begun, { ...halvesConfig, epochs: 2 }, { backend });
    await expect(refused).rejects.toThrow(/has taken 12 steps, and 12 were asked for\n.*raise --epochs/);
    expect(begun.isFinished()).toBe(true);
  });

  test("of another network is refused, tensor by tensor", async () => {
    const sizes = { ...halvesConfig.sizes, units: [16, 8] } as const;
    await expect(goOn(begun, { ...halvesConfig, sizes }, { backend })).rejects.toThrow(
      /epoch-2\.safetensors does not fit the model: .*parameters\.fc7\.bias is f32\[16\], not f32\[8\]/,
    );
  });

  test("whose last epoch was cut short by a limit on steps completes it", async () => {
    const [cut, uncut] = [await newRun(), await newRun()];
    await trainIn(cut, { ...halvesConfig, epochs: 2, steps: 8 }, { backend });
    await trainIn(uncut, { ...halvesConfig, epochs: 2, steps: 12 }, { backend });
    await goOn(cut, { ...halvesConfig, epochs: 2, steps: 12 }, { backend });
    expect(await checkpointOf(cut, "epoch-2")).toEqual(await checkpointOf(uncut, "epoch-2"));
    const last = (await metricsOf(cut)).filter(({ kind }) => kind === "epoch").at(-1);
    expect(last).toEqual((await metricsOf(uncut)).filter(({ kind }) => kind === "epoch").at(-1));
  });

  test("goes on in other places, and says that bits may differ", async () => {
    const run = await copied();
    const notes: string[] = [];
    const setting = { backend, devices: 2, notes };
    expect((await goOn(run, { ...halvesConfig, epochs: 3 }, setting)).kind).toBe("finished");
    expect(notes).toContainEqual("The checkpoint was computed on wasm:0: other devices agree with it within rounding");
  });

  test("keeps its config, but for its length; other choices are named", async () => {
    const saved = await readConfig(begun);
    expect(resumedConfig(saved, { epochs: 9, batch: 8, model: "alexnet-mini" }, "begun")).toEqual({
      ...halvesConfig,
      epochs: 9,
    });
    expect(() => resumedConfig(saved, { batch: 16, seed: 7 }, "begun")).toThrow(
      "begun was begun with another config: batch is 8, not 16; seed is 5, not 7",
    );
  });

  test("whose config is not the trainer's is refused", async () => {
    const run = await newRun();
    await run.writeConfig({ ...halvesConfig, towers: 3, colour: "red" });
    await expect(readConfig(run)).rejects.toThrow(/config\.json is none of this trainer's[\s\S]*colour[\s\S]*towers/);
  });
});

/** A device that is lost, with everything on it, when it is given segment `submits` + 1. */
function losing(device: Device, submits: number): Device {
  let submitted = 0;
  const orLost = async <R>(work: () => Promise<R>): Promise<R> => {
    if (submitted > submits) throw new DeviceLostError(`${device.name} was lost: the driver was reset`);
    return await work();
  };
  return {
    name: device.name,
    backend: device.backend,
    limits: device.limits,
    reserve: (slots) => orLost(() => device.reserve(slots)),
    release: (slots) => orLost(() => device.release(slots)),
    write: (slot, data) => device.write(slot, data),
    read: (slot, bytes) => orLost(() => device.read(slot, bytes)),
    memoryUse: () => orLost(() => device.memoryUse()),
    load: async (program) => {
      const executable = await device.load(program);
      return {
        submit: (segment, bindings) => {
          submitted += 1;
          return orLost(() => executable.submit(segment, bindings));
        },
        [Symbol.dispose]: () => executable[Symbol.dispose](),
      };
    },
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  };
}

describe("a device that is lost", () => {
  const trainOnLosing = async (run: RunDirectory, submits: number): Promise<TrainingOutcome> => {
    await using opened = await openDevices({ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, { inProcess: true });
    const devices = new DeviceGroup(opened.devices.map((device) => losing(device, submits)));
    const signal = new AbortController().signal;
    return await train(halvesConfig, {
      devices,
      data: openHalves(),
      openRun: async () => run,
      report: () => {},
      signal,
    });
  };

  test("after an epoch leaves its checkpoint, from which the run comes to the same end", async () => {
    const run = await newRun();
    const error: unknown = await trainOnLosing(run, STEPS_PER_EPOCH + 6).catch((reason: unknown) => reason);
    const checkpoint = join(run.path, "checkpoints", "epoch-1.safetensors");
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(String(error)).toContain("DeviceLostError: reference:0 was lost: the driver was reset");
    expect(String(error)).toContain(`the last good checkpoint is ${checkpoint}`);
    expect(String(error)).toContain(`pnpm --filter trainer start --resume ${run.path} goes on from it`);
    expect((await readdir(join(run.path, "checkpoints"))).map((path) => basename(path))).toEqual([
      "epoch-1.safetensors",
    ]);

    const whole = await newRun();
    await trainIn(whole, halvesConfig, { backend: "reference" });
    await goOn(run, halvesConfig, { backend: "reference" });
    expect(await checkpointOf(run, "epoch-3")).toEqual(await checkpointOf(whole, "epoch-3"));
  });

  test("before the first checkpoint leaves nothing, and says so", async () => {
    await expect(trainOnLosing(await newRun(), 3)).rejects.toThrow("no checkpoint had been written yet");
  });
});
