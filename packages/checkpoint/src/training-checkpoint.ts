// A checkpoint: the whole state of a training at one moment, in one safetensors file.
import {
  type ArrayType,
  formatTensorType,
  type HostTensor,
  leaves,
  type MapTree,
  mapTree,
  type Tree,
} from "@tandem/core";
import { z } from "zod";
import { CheckpointError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import {
  type NamedTensors,
  readSafetensors,
  readSafetensorsMetadata,
  type Safetensors,
  writeSafetensors,
} from "./safetensors.ts";

/** What a training needs besides its tensors to go on where it stopped. */
export interface TrainingProgress {
  /** Steps taken since the beginning. */
  readonly step: number;
  /** Epochs completed. */
  readonly epoch: number;
  readonly seed: number;
  /** The learning-rate schedule's own state; plain JSON. */
  readonly schedule: unknown;
  /** Over the steps so far of the epoch that the last step belongs to. */
  readonly epochSums?: EpochSums | undefined;
  /** Backend build and tuning: the same fingerprint gives the same bits. */
  readonly fingerprint: string;
}

export interface EpochSums {
  readonly loss: number;
  /** Pictures that were classified wrongly. */
  readonly wrong: number;
}

export interface TrainingCheckpoint {
  /** Parameters and optimiser state, by dotted name. */
  readonly tensors: NamedTensors;
  readonly progress: TrainingProgress;
}

const METADATA_KEY = "tandem.training";
const VERSION = 1;

const progressSchema = z.object({
  version: z.literal(VERSION),
  step: z.int().nonnegative(),
  epoch: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  schedule: z.unknown(),
  epochSums: z.object({ loss: z.number(), wrong: z.number() }).optional(),
  fingerprint: z.string(),
});

export async function writeTrainingCheckpoint(path: string, checkpoint: TrainingCheckpoint): Promise<void> {
  const progress = JSON.stringify({ version: VERSION, ...checkpoint.progress });
  await writeSafetensors(path, checkpoint.tensors, { [METADATA_KEY]: progress });
}

/** @throws CheckpointError if the file is damaged or is no training's checkpoint. */
export async function readTrainingCheckpoint(path: string): Promise<TrainingCheckpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  return { tensors, progress: progressOf(metadata, path) };
}

/** The progress alone, without the tensors. @throws CheckpointError as `readTrainingCheckpoint` does. */
export async function readTrainingProgress(path: string): Promise<TrainingProgress> {
  return progressOf(await readSafetensorsMetadata(path), path);
}

function progressOf(metadata: Safetensors["metadata"], path: string): TrainingProgress {
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw new CheckpointError(`${path} holds tensors, but not the progress of a training`, {
      hint: "give a file from a run's checkpoints folder",
    });
  }
  const parsed = progressSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new CheckpointError(`${path}: its ${METADATA_KEY} is damaged: ${z.prettifyError(parsed.error)}`);
  }
  const { version: _, ...progress } = parsed.data;
  return progress;
}

/** Names the leaves of a tree, as a safetensors file stores them. */
export function nameTensors(tree: Tree<HostTensor>, prefix = ""): NamedTensors {
  return new Map(leaves<HostTensor>(tree, isHostTensor, prefix).map(({ name, leaf }) => [name, leaf]));
}

/**
 * The tree of `types`' nesting with its leaves taken from `tensors` by name.
 *
 * @throws CheckpointError naming each tensor that is missing, left over, or of another type.
 */
export function restoreTree<T extends Tree<ArrayType>>(
  types: T,
  tensors: NamedTensors,
  source: string,
): MapTree<T, ArrayType, HostTensor> {
  const expected = new Map(leaves<ArrayType>(types, isArrayType).map(({ name, leaf }) => [name, leaf]));
  const problems = [...tensors.keys()].filter((name) => !expected.has(name)).map((name) => `${name} is left over`);
  for (const [name, type] of expected) {
    const found = tensors.get(name);
    const wanted = formatTensorType(type);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (formatTensorType(found) !== wanted) problems.push(`${name} is ${formatTensorType(found)}, not ${wanted}`);
  }
  if (problems.length > 0) {
    throw new CheckpointError(`${source} does not fit the model: ${problems.join("; ")}`, {
      hint: "use the model, recipe and data that the file was made with",
    });
  }
  return mapTree(types, isArrayType, (_, name) => find(tensors, name));
}

function find(tensors: NamedTensors, name: string): HostTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new CheckpointError(`${name} is missing`);
  return tensor;
}

function isArrayType(candidate: unknown): candidate is ArrayType {
  return typeof candidate === "object" && candidate !== null && "dtype" in candidate && "shape" in candidate;
}

function isHostTensor(candidate: unknown): candidate is HostTensor {
  return isArrayType(candidate) && "data" in candidate;
}
