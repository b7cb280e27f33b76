import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, spec } from "@tandem/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeSafetensors } from "./safetensors.ts";
import {
  nameTensors,
  readTrainingCheckpoint,
  readTrainingProgress,
  restoreTree,
  type TrainingCheckpoint,
  writeTrainingCheckpoint,
} from "./training-checkpoint.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterEach(() => rm(folder, { recursive: true }));

const vector = (...values: number[]): HostTensor => ({
  dtype: "f32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const state = {
  parameters: { conv1: { weight: vector(1, 2), bias: vector(3) } },
  velocities: [vector(4), vector(5, 6)],
};
const types = {
  parameters: { conv1: { weight: spec("f32", [2]), bias: spec("f32", [1]) } },
  velocities: [spec("f32", [1]), spec("f32", [2])],
};
const checkpoint: TrainingCheckpoint = {
  tensors: nameTensors(state),
  progress: {
    step: 282,
    epoch: 2,
    seed: 7,
    schedule: { learningRate: 0.01, best: null },
    epochSums: { loss: 1.5, wrong: 3 },
    fingerprint: "reference",
  },
};

describe("a training's checkpoint", () => {
  test("gives back tensors and progress", async () => {
    const path = join(folder, "epoch-002.safetensors");
    await writeTrainingCheckpoint(path, checkpoint);
    const read = await readTrainingCheckpoint(path);
    expect(read).toEqual(checkpoint);
    expect(await readTrainingProgress(path)).toEqual(checkpoint.progress);
    expect(restoreTree(types, read.tensors, path)).toEqual(state);
  });

  test("is told from other files of tensors", async () => {
    const path = join(folder, "model.safetensors");
    await writeSafetensors(path, checkpoint.tensors);
    await expect(readTrainingCheckpoint(path)).rejects.toThrow("not the progress of a training");
    await writeSafetensors(path, checkpoint.tensors, { "tandem.training": '{"version":1,"step":-1}' });
    await expect(readTrainingCheckpoint(path)).rejects.toThrow("its tandem.training is damaged");
  });

  test("names every tensor that does not fit the model", () => {
    const tensors = new Map(checkpoint.tensors);
    tensors.delete("velocities.0");
    tensors.set("velocities.1", vector(1, 2, 3));
    tensors.set("fc8.weight", vector(1));
    expect(() => restoreTree(types, tensors, "epoch-002.safetensors")).toThrow(
      "epoch-002.safetensors does not fit the model: fc8.weight is left over; velocities.0 is missing; velocities.1 is f32[3], not f32[2]",
    );
  });
});
