// A run's config.json, and how it goes together with what the command line asks for.
import { CheckpointError, type RunDirectory } from "@tandem/checkpoint";
import { UsageError } from "@tandem/core";
import { type RecipeName, recipes } from "@tandem/models";
import { z } from "zod";
import { modelNames } from "./model-catalog.ts";
import type { TrainingChoices } from "./preset.ts";
import type { TrainingConfig } from "./training-config.ts";

const size = z.int().positive();
const recipeNames = Object.keys(recipes) as RecipeName[];

const schema: z.ZodType<TrainingConfig> = z.strictObject({
  model: z.enum(modelNames),
  sizes: z.strictObject({
    maps: z.array(size).exactOptional(),
    firstKernel: size.exactOptional(),
    firstStride: size.exactOptional(),
    secondKernel: size.exactOptional(),
    units: z.tuple([size, size]).exactOptional(),
    dropout: z.number().exactOptional(),
    initialization: z.enum(["recipe", "he"]).exactOptional(),
  }),
  recipe: z.enum(recipeNames),
  towers: z.literal([1, 2]),
  parallel: z.enum(["towers", "data"]).default("towers"),
  precision: z.enum(["f32", "f16"]).default("f32"),
  data: z.string(),
  seed: z.int().nonnegative(),
  batch: size,
  epochs: size,
  steps: size.optional(),
  learningRate: z.number(),
  schedule: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("constant") }),
    z.strictObject({ kind: z.literal("steps"), atEpochs: z.array(z.number()), factor: z.number() }),
    z.strictObject({ kind: z.literal("plateau"), patience: size, factor: z.number(), drops: z.int() }),
    z.strictObject({ kind: z.literal("cosine") }),
  ]),
  momentum: z.number(),
  weightDecay: z.number(),
  pixelDivisor: z.number(),
  augmentation: z.strictObject({
    crops: z.enum(["random", "centre"]),
    flips: z.boolean(),
    colourNoise: z.enum(["none", "paper", "code-2012"]),
    colourNoiseStrength: z.number().exactOptional(),
    epochsWithoutColourNoise: z.int().nonnegative(),
    picturesPerCrop: size,
  }),
  loaders: z.int().nonnegative(),
});

/** The config that a run was begun with. Throws CheckpointError if it has none that this trainer understands. */
export async function readConfig(run: RunDirectory): Promise<TrainingConfig> {
  const parsed = schema.safeParse(await run.readConfig());
  if (parsed.success) return parsed.data;
  throw new CheckpointError(
    `${run.path}: its config.json is none of this trainer's:\n${z.prettifyError(parsed.error)}`,
  );
}

/** The config to go on with, as far as `choices` say. Throws UsageError, naming them, for choices other than the run's own. */
export function resumedConfig(saved: TrainingConfig, choices: TrainingChoices, run: string): TrainingConfig {
  const { steps = saved.steps, epochs = saved.epochs, ...others } = choices;
  const given = Object.entries(others).filter(([, choice]) => choice !== undefined);
  const own: Readonly<Record<string, unknown>> = { ...saved };
  const differences = given.filter(([name, choice]) => choice !== own[name]);
  if (differences.length > 0) {
    const described = differences.map(([name, choice]) => `${name} is ${own[name]}, not ${choice}`);
    throw new UsageError(`${run} was begun with another config: ${described.join("; ")}`, {
      hint: "leave those options out, or start a new run without --resume",
    });
  }
  return { ...saved, epochs, ...(steps !== undefined && { steps }) };
}
