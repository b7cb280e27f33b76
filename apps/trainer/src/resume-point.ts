// Where a run that was begun before goes on: its newest checkpoint that can be read.
import { basename } from "node:path";
import {
  CheckpointError,
  listCheckpoints,
  type NamedTensors,
  type RunDirectory,
  readTrainingCheckpoint,
  readTrainingProgress,
  restoreTree,
  type TrainingCheckpoint,
  type TrainingProgress,
} from "@tandem/checkpoint";
import { mapTree, spec } from "@tandem/core";
import type { Model } from "@tandem/models";
import { isParameterSpec, type Optimizer } from "@tandem/nn";
import { z } from "zod";
import type { Reporter } from "./training-events.ts";
import { canonicalSpecs, dividedState, type ModelState } from "./training-state.ts";

/** Where a training stands between two steps. */
export interface Standing {
  /** Steps taken. */
  readonly step: number;
  /** Epochs completed, their validations included. */
  readonly epoch: number;
  /** Percent, after each of them. */
  readonly validationErrors: readonly number[];
  /** Over the steps since. */
  readonly epochSums: { readonly loss: number; readonly wrong: number };
}

/** The parameters with the lowest validation error so far. */
export interface BestEpoch {
  readonly state: Pick<ModelState, "parameters">;
  readonly epoch: number;
  /** Percent. */
  readonly error: number;
}

export interface ResumePoint extends Standing {
  readonly state: ModelState;
  readonly best: BestEpoch | undefined;
  /** The file it was read from. */
  readonly checkpoint: string;
  /** Devices that computed it. */
  readonly fingerprint: string;
}

export interface ResumeOptions {
  readonly run: RunDirectory;
  readonly model: Model;
  readonly optimizer: Optimizer<"velocities">;
  readonly seed: number;
  readonly stepsPerEpoch: number;
  readonly report: Reporter;
}

/**
 * Reads the newest checkpoint that can be read, reporting those that cannot.
 *
 * @throws CheckpointError if there is none, or it holds another network or seed.
 */
export async function findResumePoint(options: ResumeOptions): Promise<ResumePoint> {
  const { run, report } = options;
  const all = await readableCheckpoints(run.path, report);
  for (const { path } of all.toReversed()) {
    const checkpoint = await unlessDamaged(readTrainingCheckpoint(path), report);
    if (checkpoint !== undefined) return await resumeAt(path, checkpoint, all, options);
  }
  throw new CheckpointError(`${run.path} has no checkpoint to go on from`, {
    hint: "a run has its first one after an epoch: start it anew, without --resume",
  });
}

/** The newest checkpoint of a run that looks whole; undefined if there is none. */
export async function newestCheckpoint(runPath: string): Promise<string | undefined> {
  return (await readableCheckpoints(runPath, () => {})).at(-1)?.path;
}

interface StoredProgress {
  readonly path: string;
  readonly progress: TrainingProgress;
}

/** Oldest first. */
async function readableCheckpoints(runPath: string, report: Reporter): Promise<readonly StoredProgress[]> {
  const found: StoredProgress[] = [];
  for (const path of await listCheckpoints(runPath)) {
    const progress = await unlessDamaged(readTrainingProgress(path), report);
    if (progress !== undefined) found.push({ path, progress });
  }
  return found.sort((a, b) => a.progress.step - b.progress.step || a.progress.epoch - b.progress.epoch);
}

async function resumeAt(
  path: string,
  { tensors, progress }: TrainingCheckpoint,
  all: readonly StoredProgress[],
  options: ResumeOptions,
): Promise<ResumePoint> {
  const { model, optimizer, seed, stepsPerEpoch } = options;
  if (progress.seed !== seed) throw new CheckpointError(`${path} was trained with seed ${progress.seed}, not ${seed}`);
  const restored = restoreTree(canonicalSpecs({ model, optimizer }), tensors, path);
  const standing = standingOf(path, progress, stepsPerEpoch);
  const candidates = all.filter((other) => other.progress.epoch <= standing.epoch || other.path === path);
  return {
    ...standing,
    state: dividedState(model, restored),
    best: await readBest(candidates, standing, options),
    checkpoint: path,
    fingerprint: progress.fingerprint,
  };
}

const scheduleState = z.object({ validationErrors: z.array(z.number()) });

/** A last epoch that was cut short by a limit on steps is not over once there is none. */
function standingOf(path: string, progress: TrainingProgress, stepsPerEpoch: number): Standing {
  const { step, epochSums } = progress;
  const schedule = scheduleState.safeParse(progress.schedule);
  if (!schedule.success) throw new CheckpointError(`${path} does not say the validation errors so far`);
  const epoch = Math.min(progress.epoch, Math.floor(step / stepsPerEpoch));
  const isBetweenEpochs = step === epoch * stepsPerEpoch;
  return {
    step,
    epoch,
    validationErrors: schedule.data.validationErrors.slice(0, epoch),
    epochSums: isBetweenEpochs || epochSums === undefined ? { loss: 0, wrong: 0 } : epochSums,
  };
}

/** The epoch of the lowest error, the later one of two equal ones, among those whose parameters are still there. */
async function readBest(
  stored: readonly StoredProgress[],
  { validationErrors }: Standing,
  { model, report, stepsPerEpoch }: ResumeOptions,
): Promise<BestEpoch | undefined> {
  const byError = validationErrors
    .map((error, index) => ({ error, epoch: index + 1 }))
    .sort((a, b) => a.error - b.error || b.epoch - a.epoch);
  for (const { error, epoch } of byError) {
    const ended = stored.find(({ progress }) => progress.epoch === epoch && progress.step === epoch * stepsPerEpoch);
    const checkpoint = ended && (await unlessDamaged(readTrainingCheckpoint(ended.path), report));
    if (ended === undefined || checkpoint === undefined) {
      report({ kind: "note", text: `Warning: the parameters of epoch ${epoch} are not to be had, and not kept` });
      continue;
    }
    const types = { parameters: mapTree(model.parameters, isParameterSpec, ({ shape }) => spec("f32", shape)) };
    const { parameters } = restoreTree(types, parametersOf(checkpoint.tensors), ended.path);
    return { state: { parameters: model.split(parameters) }, epoch, error };
  }
  return undefined;
}

function parametersOf(tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].filter(([name]) => name.startsWith("parameters.")));
}

/** What `reading` resolves to; where the file is damaged, undefined and a warning. */
async function unlessDamaged<R>(reading: Promise<R>, report: Reporter): Promise<R | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    report({ kind: "note", text: `Warning: a checkpoint is left out: ${error.summary}` });
    return undefined;
  }
}

/** Whether a line of metrics.jsonl tells of what happened before `standing`. */
export function isBefore({ step, epoch }: Standing): (record: unknown) => boolean {
  return (record) => {
    const { success, data } = metricsLine.safeParse(record);
    if (!success) return false;
    return (data.step ?? 0) <= step && !(data.kind === "epoch" && (data.epoch ?? 0) > epoch);
  };
}

const metricsLine = z.object({ kind: z.string(), step: z.number().optional(), epoch: z.number().optional() });

/** As a line of metrics.jsonl. */
export function resumeRecord({ step, epoch, checkpoint }: ResumePoint): object {
  return { kind: "resume", step, epoch, checkpoint: basename(checkpoint) };
}
