import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTfjs } from "@tandem/backend-tfjs";
import { createRunDirectory, type RunDirectory, readSafetensors, readTrainingCheckpoint } from "@tandem/checkpoint";
import { DeviceGroup } from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { halvesConfig, openHalves, STEPS_PER_EPOCH, TEST_PICTURES, type TestData } from "./halves.test-support.ts";
import { type TrainingOutcome, train } from "./train.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { TrainingEvent } from "./training-events.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Trained {
  readonly outcome: TrainingOutcome;
  readonly events: readonly TrainingEvent[];
  readonly data: TestData;
  readonly run: RunDirectory;
  /** What happened, in order. */
  readonly log: readonly string[];
}

async function trainHalves(
  changes: Partial<TrainingConfig> = {},
  onEvent: (event: TrainingEvent, stop: () => void) => void = () => {},
): Promise<Trained> {
  const log: string[] = [];
  const events: TrainingEvent[] = [];
  const data = openHalves(log);
  const run = await createRunDirectory({ root, defaultName: "halves" });
  const controller = new AbortController();
  const report = (event: TrainingEvent): void => {
    events.push(event);
    log.push(event.kind);
    onEvent(event, () => controller.abort());
  };
  await using devices = new DeviceGroup(await openTfjs({ count: 2 }));
  const outcome = await train(
    { ...halvesConfig, ...changes },
    { devices, data, openRun: async () => run, report, signal: controller.signal },
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
  const epochs = 8;
  let trained: Trained;
  beforeAll(async () => {
    trained = await trainHalves({ epochs });
  });

  test("learns, and sums up what came of it", async () => {
    const { outcome, events, run } = trained;
    if (outcome.kind !== "finished") throw new Error("the training was not finished");
    const { summary, baseline, pictures } = outcome;
    expect(await readJson(run.path, "summary.json")).toEqual(summary);
    expect(summary).toEqual({
      top1Error: { oneView: expect.any(Number), tenViews: expect.any(Number) },
      top5Error: { oneView: 0, tenViews: 0 },
      imagesPerSecond: expect.any(Number),
      seconds: expect.any(Number),
      backend: "tfjs",
      devices: ["tfjs:0", "tfjs:1"],
      parameters: expect.any(Number),
      peakBytes: expect.any(Number),
      seed: 5,
    });
    expect(summary.top1Error.tenViews).toBeLessThan(20);
    expect([summary.imagesPerSecond, summary.seconds, summary.peakBytes].every((value) => value > 0)).toBe(true);
    expect({ baseline, pictures }).toEqual({ baseline: { top1Error: 0, top5Error: 0 }, pictures: TEST_PICTURES });
    expect(events.filter(({ kind }) => kind === "step").length).toBe(epochs * STEPS_PER_EPOCH);
  });

  test("writes everything it promises", async () => {
    const { run } = trained;
    const files = ["checkpoints", "config.json", "metrics.jsonl", "model.safetensors", "summary.json"];
    expect((await readdir(run.path)).sort()).toEqual(files);
    expect((await readdir(join(run.path, "checkpoints"))).length).toBe(epochs);
    expect(await readJson(run.path, "config.json")).toEqual({ ...halvesConfig, epochs });
    const metrics = await readLines(run.path, "metrics.jsonl");
    expect(metrics.filter(({ kind }) => kind === "epoch").length).toBe(epochs);
    expect(metrics.filter(({ kind }) => kind === "step").map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    expect(metrics.at(-1)).toMatchObject({ kind: "test", pictures: TEST_PICTURES, baseline: { top1Error: 0 } });
  });

  test("looks at the test pictures once, after its last step and its last validation", () => {
    const { data, log } = trained;
    expect(data.opened).toBe(1);
    const opened = log.indexOf("test opened");
    expect(log.lastIndexOf("step")).toBeLessThan(opened);
    expect(log.lastIndexOf("epoch")).toBeLessThan(opened);
    expect(log.slice(opened)).toContain("evaluation");
  });

  test("keeps the parameters of the epoch with the lowest validation error, as one undivided network", async () => {
    const { run, events } = trained;
    const passes = events.flatMap((event) => (event.kind === "epoch" ? [event] : []));
    const lowest = Math.min(...passes.map(({ validation }) => validation.top1));
    const best = passes.findLast(({ validation }) => validation.top1 === lowest)?.epoch ?? 0;
    const model = await readSafetensors(join(run.path, "model.safetensors"));
    const checkpoint = await readTrainingCheckpoint(join(run.path, "checkpoints", `epoch-${best}.safetensors`));
    expect(model.metadata).toMatchObject({ epoch: `${best}`, recipe: "paper" });
    expect(model.tensors.get("conv2.weight")?.shape).toEqual([3, 3, 4, 4]);
    for (const [name, tensor] of model.tensors) expect(checkpoint.tensors.get(`parameters.${name}`)).toEqual(tensor);
    expect(checkpoint.tensors.has("velocities.fc6.bias")).toBe(true);
    expect(checkpoint.progress).toMatchObject({ epoch: best, step: STEPS_PER_EPOCH * best, seed: 5 });
  });

  test("gives the same numbers again, from however many threads the pictures come, and others for another seed", async () => {
    const losses = ({ events }: Trained): number[] =>
      events.flatMap((event) => (event.kind === "step" && event.step <= 3 ? [event.loss] : []));
    expect(losses(await trainHalves({ epochs, steps: 3, loaders: 1 }))).toEqual(losses(trained));
    expect(losses(await trainHalves({ epochs, steps: 3, seed: 6 }))).not.toEqual(losses(trained));
  });

  test("takes no more steps than it was allowed", async () => {
    const { run, events } = await trainHalves({ steps: STEPS_PER_EPOCH + 1 });
    expect(events.filter(({ kind }) => kind === "step").length).toBe(STEPS_PER_EPOCH + 1);
    expect(await readdir(join(run.path, "checkpoints"))).toEqual(["epoch-1.safetensors", "epoch-2.safetensors"]);
  });
});

describe("an interrupted training", () => {
  test("stops after the step and saves", async () => {
    const { outcome, events, run, data } = await trainHalves({}, (event, stop) => {
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
    const { outcome, run } = await trainHalves({ epochs: 1 }, (event, stop) => {
      if (event.kind === "evaluation" && event.what.startsWith("test")) stop();
    });
    expect(outcome).toEqual({ kind: "interrupted", step: 6, savedTo: run.path });
    expect(await readdir(run.path)).toContain("model.safetensors");
    expect(await readdir(run.path)).not.toContain("summary.json");
  });
});

describe("a training that cannot go on", () => {
  test("says at which step the loss was no number, and keeps the last good checkpoint", async () => {
    const schedule = { kind: "steps", atEpochs: [1], factor: 1e12 } as const;
    const run = await createRunDirectory({ root, defaultName: "diverging" });
    await using devices = new DeviceGroup(await openTfjs());
    const training = train(
      { ...halvesConfig, schedule },
      { devices, data: openHalves(), openRun: async () => run, report: () => {}, signal: new AbortController().signal },
    );
    const checkpoint = join(run.path, "checkpoints", "epoch-1.safetensors");
    await expect(training).rejects.toThrow(/training diverged at step (8|9): .*\n.*use a lower --learning-rate/);
    await expect(training).rejects.toThrow(`the last good checkpoint is ${checkpoint}`);
    const { tensors, progress } = await readTrainingCheckpoint(checkpoint);
    expect(progress.step).toBe(STEPS_PER_EPOCH);
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    expect(await readdir(run.path)).not.toContain("summary.json");
  });

  test("for want of memory says which batch would fit, before the first step", async () => {
    await using devices = new DeviceGroup(await openTfjs({ memoryBytes: 400_000 }));
    const events: string[] = [];
    const trainWith = (batch: number): Promise<TrainingOutcome> =>
      train(
        { ...halvesConfig, batch, steps: 1 },
        {
          devices,
          data: openHalves(),
          openRun: () => createRunDirectory({ root, defaultName: "large" }),
          report: ({ kind }) => events.push(kind),
          signal: new AbortController().signal,
        },
      );
    const refusal = await trainWith(1000).then(String, String);
    expect(refusal).toMatch(/tfjs:0 needs .* for this program, and has 391 KiB\n.*--batch \d+ fits/);
    expect(events).not.toContain("step");
    expect(await readdir(root)).not.toContain("large");
    const [, fitting = ""] = /--batch (\d+) fits/.exec(refusal) ?? [];
    expect((await trainWith(Number(fitting))).kind).toBe("finished");
    await expect(trainWith(Number(fitting) + 1)).rejects.toThrow("needs");
  });
});
