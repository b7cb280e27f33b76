import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReference } from "@tandem/backend-reference";
import { createRunDirectory, type RunDirectory, readSafetensors, readTrainingCheckpoint } from "@tandem/checkpoint";
import { DeviceGroup } from "@tandem/core";
import { createDataset, type Dataset, type DatasetSplits } from "@tandem/data";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configFor } from "./preset.ts";
import { type TrainingOutcome, train } from "./train.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { TrainingEvent } from "./training-events.ts";

const SIDE = 20;

/** Pictures of vertical stripes (class 0), horizontal stripes (1) and nothing (2), with some noise. */
function stripes(name: string, count: number): Dataset {
  const bytes = new Uint8Array(new SharedArrayBuffer(count * SIDE * SIDE));
  const labels = Array.from({ length: count }, (_, picture) => picture % 3);
  let noise = 1;
  labels.forEach((label, picture) => {
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        noise = (noise * 48271) % 2147483647;
        const isBright = label === 0 ? x % 4 < 2 : label === 1 ? y % 4 < 2 : false;
        bytes[(picture * SIDE + y) * SIDE + x] = (isBright ? 180 : 40) + (noise % 40);
      }
    }
  });
  const pixels = { height: SIDE, width: SIDE, channels: 1, bytes } as const;
  return createDataset({ name, classes: ["vertical", "horizontal", "blank"], pixels, labels, labelFile: name });
}

interface TestData extends DatasetSplits {
  readonly opened: number;
}

function openStripes(log: string[] = []): TestData {
  let opened = 0;
  return {
    name: "stripes",
    classes: ["vertical", "horizontal", "blank"],
    train: stripes("stripes, train", 44),
    validation: stripes("stripes, validation", 12),
    openTest: async () => {
      opened += 1;
      log.push("test opened");
      return stripes("stripes, test", 21);
    },
    get testOpened() {
      return opened > 0;
    },
    get opened() {
      return opened;
    },
  };
}

const config: TrainingConfig = {
  ...configFor({ model: "alexnet-mini", data: "stripes", seed: 5, batch: 8, epochs: 3, learningRate: 0.02 }),
  sizes: { maps: [4, 4, 4], firstKernel: 3, secondKernel: 3, units: [8, 8], dropout: 0.1 },
  schedule: { kind: "plateau", patience: 1, factor: 0.1, drops: 2 },
  loaders: 0,
};

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterEach(() => rm(root, { recursive: true }));

interface Trained {
  readonly outcome: TrainingOutcome;
  readonly events: readonly TrainingEvent[];
  readonly data: TestData;
  readonly run: RunDirectory;
  readonly log: readonly string[];
}

async function trainStripes(
  changes: Partial<TrainingConfig> = {},
  onEvent: (event: TrainingEvent, stop: () => void) => void = () => {},
  devices = 2,
): Promise<Trained> {
  const log: string[] = [];
  const events: TrainingEvent[] = [];
  const data = openStripes(log);
  const run = await createRunDirectory({ root, defaultName: "stripes" });
  const controller = new AbortController();
  await using group = new DeviceGroup(await openReference({ count: devices }));
  const outcome = await train(
    { ...config, ...changes },
    {
      devices: group,
      data,
      run,
      report: (event) => {
        events.push(event);
        log.push(event.kind);
        onEvent(event, () => controller.abort());
      },
      signal: controller.signal,
    },
  );
  return { outcome, events, data, run, log };
}

const readJson = async (...path: string[]): Promise<unknown> => JSON.parse(await readFile(join(...path), "utf8"));
const readLines = async (...path: string[]): Promise<{ kind: string; step?: number }[]> =>
  (await readFile(join(...path), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("a training", () => {
  test("learns, and writes everything it promises", async () => {
    const { outcome, events, run } = await trainStripes({ epochs: 8 });
    if (outcome.kind !== "finished") throw new Error("the training was not finished");
    expect(await readJson(run.path, "summary.json")).toEqual(outcome.summary);
    expect(Object.keys(outcome.summary)).toEqual([
      "top1Error",
      "top5Error",
      "imagesPerSecond",
      "seconds",
      "backend",
      "devices",
      "parameters",
      "peakBytes",
      "seed",
    ]);
    expect(outcome.summary).toMatchObject({ backend: "reference", devices: ["reference:0", "reference:1"], seed: 5 });
    expect(outcome.summary.top1Error.tenViews).toBeLessThan(20);
    expect(outcome.summary.top5Error).toEqual({ oneView: 0, tenViews: 0 });
    expect(outcome.summary.peakBytes).toBeGreaterThan(0);
    expect(outcome.baseline.top1Error).toBe(0);
    expect(outcome.pictures).toBe(21);

    expect((await readdir(run.path)).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "summary.json",
    ]);
    expect((await readdir(join(run.path, "checkpoints"))).length).toBe(8);
    expect(await readJson(run.path, "config.json")).toEqual(JSON.parse(JSON.stringify({ ...config, epochs: 8 })));
    const metrics = await readLines(run.path, "metrics.jsonl");
    expect(metrics.filter(({ kind }) => kind === "epoch").length).toBe(8);
    expect(metrics.filter(({ kind }) => kind === "step").map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    expect(metrics.at(-1)).toMatchObject({ kind: "test", pictures: 21, baseline: { top1Error: 0 } });
    expect(events.filter(({ kind }) => kind === "step").length).toBe(8 * 6);
  });

  test("looks at the test pictures once, after its last step and its last validation", async () => {
    const { data, log } = await trainStripes();
    expect(data.opened).toBe(1);
    const opened = log.indexOf("test opened");
    expect(log.lastIndexOf("step")).toBeLessThan(opened);
    expect(log.lastIndexOf("epoch")).toBeLessThan(opened);
    expect(log.slice(opened)).toContain("evaluation");
  });

  test("keeps the parameters of the epoch with the lowest validation error, as one undivided network", async () => {
    const { run, events } = await trainStripes();
    const best = events.flatMap((event) => (event.kind === "epoch" && event.isBest ? [event.epoch] : [])).at(-1);
    const model = await readSafetensors(join(run.path, "model.safetensors"));
    const checkpoint = await readTrainingCheckpoint(join(run.path, "checkpoints", `epoch-${best}.safetensors`));
    expect(model.metadata["epoch"]).toBe(`${best}`);
    expect([...model.tensors.keys()]).toContain("conv2.weight");
    expect(model.tensors.get("conv2.weight")?.shape).toEqual([3, 3, 2, 4]);
    for (const [name, tensor] of model.tensors) expect(checkpoint.tensors.get(`parameters.${name}`)).toEqual(tensor);
    expect(checkpoint.tensors.has("velocities.fc6.bias")).toBe(true);
    expect(checkpoint.progress).toMatchObject({ epoch: best, step: 6 * (best ?? 0), seed: 5 });
  });

  test("gives the same numbers again, and others for another seed", async () => {
    const losses = async (changes: Partial<TrainingConfig>): Promise<number[]> => {
      const { events } = await trainStripes({ epochs: 1, ...changes });
      return events.flatMap((event) => (event.kind === "step" ? [event.loss] : []));
    };
    const first = await losses({});
    expect(await losses({})).toEqual(first);
    expect(await losses({ loaders: 1 })).toEqual(first);
    expect(await losses({ seed: 6 })).not.toEqual(first);
  });

  test("takes no more steps than it was allowed", async () => {
    const { run, events } = await trainStripes({ steps: 8 });
    expect(events.filter(({ kind }) => kind === "step").length).toBe(8);
    expect(await readdir(join(run.path, "checkpoints"))).toEqual(["epoch-1.safetensors", "epoch-2.safetensors"]);
  });
});

describe("an interrupted training", () => {
  test("stops after the step and saves", async () => {
    const { outcome, events, run, data } = await trainStripes({}, (event, stop) => {
      if (event.kind === "step" && event.step === 8) stop();
    });
    if (outcome.kind !== "interrupted") throw new Error("the training was not interrupted");
    expect(outcome.step).toBeGreaterThanOrEqual(8);
    expect(outcome.step).toBeLessThan(12);
    expect(events.filter(({ kind }) => kind === "step").length).toBe(outcome.step);
    const saved = await readTrainingCheckpoint(outcome.savedTo);
    expect(saved.progress).toMatchObject({ step: outcome.step, epoch: 1 });
    expect(data.testOpened).toBe(false);
    expect(await readdir(run.path)).not.toContain("summary.json");
  });

  test("during the test, keeps the model and claims no result", async () => {
    const { outcome, run } = await trainStripes({ epochs: 1 }, (event, stop) => {
      if (event.kind === "evaluation" && event.what.startsWith("test")) stop();
    });
    expect(outcome).toEqual({ kind: "interrupted", step: 6, savedTo: run.path });
    expect(await readdir(run.path)).toContain("model.safetensors");
    expect(await readdir(run.path)).not.toContain("summary.json");
  });
});

describe("a training that cannot go on", () => {
  test("says at which step the loss was no number, and keeps the last good checkpoint", async () => {
    const { run, training } = await startDiverging();
    await expect(training).rejects.toThrow(/training diverged at step \d+: .*\n.*lower --learning-rate/);
    expect(await readdir(run.path)).not.toContain("summary.json");
  });

  test("for want of memory says which batch would fit, before the first step", async () => {
    const data = openStripes();
    const run = await createRunDirectory({ root, defaultName: "large" });
    await using devices = new DeviceGroup(await openReference({ memoryBytes: 400_000 }));
    const report = (event: TrainingEvent): void => expect(event.kind).not.toBe("step");
    const signal = new AbortController().signal;
    const training = train({ ...config, batch: 1000 }, { devices, data, run, report, signal });
    await expect(training).rejects.toThrow(
      /reference:0 needs .* for this program, and has 391 KiB\n.*--batch \d+ fits/,
    );
    const message = await training.then(String, String);
    const [, batch] = /--batch (\d+) fits/.exec(message) ?? [];
    const smaller = train(
      { ...config, batch: Number(batch), steps: 1 },
      { devices, data, run, report: () => {}, signal },
    );
    expect((await smaller).kind).toBe("finished");
  });
});

async function startDiverging(): Promise<{ run: RunDirectory; training: Promise<TrainingOutcome> }> {
  const run = await createRunDirectory({ root, defaultName: "diverging" });
  const devices = new DeviceGroup(await openReference({ count: 1 }));
  const signal = new AbortController().signal;
  const training = train(
    { ...config, learningRate: 1e9 },
    { devices, data: openStripes(), run, report: () => {}, signal },
  );
  return { run, training };
}
