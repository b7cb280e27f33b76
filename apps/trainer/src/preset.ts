// How a model is trained on a dataset where the user leaves it open: sizes, rates and lengths that were tried.
import { UsageError } from "@tandem/core";
import { type RecipeName, recipes } from "@tandem/models";
import type { ModelName } from "./model-catalog.ts";
import { defaultTowers } from "./model-catalog.ts";
import type { TrainingConfig } from "./training-config.ts";

/** What a preset decides; the rest is the user's, or the recipe's. */
type Preset = Pick<
  TrainingConfig,
  | "sizes"
  | "batch"
  | "epochs"
  | "learningRate"
  | "schedule"
  | "momentum"
  | "weightDecay"
  | "pixelDivisor"
  | "augmentation"
>;

/** What a dataset's preset changes; what it leaves out of the augmentation stays the recipe's. */
type DatasetPreset = Partial<Omit<Preset, "augmentation">> & {
  readonly augmentation?: Partial<Preset["augmentation"]>;
};

/** What users may set; what they leave out, the preset decides. */
export type TrainingChoices = {
  readonly [choice in
    | "model"
    | "data"
    | "seed"
    | "recipe"
    | "towers"
    | "parallel"
    | "precision"
    | "batch"
    | "epochs"
    | "steps"
    | "learningRate"]?: TrainingConfig[choice] | undefined;
};

/** Throws UsageError for choices that do not go together. */
export function configFor(choices: TrainingChoices): TrainingConfig {
  const { model = "alexnet-mini", data = "fashion-mnist", seed = 1, recipe = "paper", parallel = "towers" } = choices;
  if (parallel === "data" && choices.towers === 2) {
    throw new UsageError("two towers divide the network between devices, and data parallelism the batch: not both", {
      hint: "leave out --towers, or --parallel data",
    });
  }
  const preset = presetFor(model, data, recipe);
  return {
    ...preset,
    model,
    recipe,
    towers: choices.towers ?? (recipe === "caffe" || parallel === "data" ? 1 : defaultTowers(model)),
    parallel,
    precision: choices.precision ?? "f32",
    data,
    seed,
    batch: choices.batch ?? preset.batch,
    epochs: choices.epochs ?? preset.epochs,
    ...(choices.steps !== undefined && { steps: choices.steps }),
    learningRate: choices.learningRate ?? preset.learningRate,
    loaders: 1,
  };
}

function presetFor(model: ModelName, data: string, recipe: RecipeName): Preset {
  const [name = "", folder] = data.split("=");
  const dataset = name === "fashion-mnist" && folder !== undefined ? "fashion-mnist-full" : name;
  const general = recipePreset(recipe);
  const { augmentation, ...others }: DatasetPreset = PRESETS[model]?.[dataset] ?? {};
  return {
    ...general,
    ...MODEL_PRESETS[model],
    ...others,
    augmentation: { ...general.augmentation, ...augmentation },
  };
}

/** What the recipe's authors did on ImageNet. */
function recipePreset(recipe: RecipeName): Preset {
  const { training } = recipes[recipe];
  return {
    sizes: {},
    batch: training.batchSize,
    epochs: training.epochs,
    learningRate: training.learningRate,
    schedule: training.schedule,
    momentum: training.momentum,
    weightDecay: training.weightDecay,
    pixelDivisor: training.pictureDivisor,
    augmentation: {
      crops: "random",
      flips: true,
      colourNoise: training.colourNoise,
      epochsWithoutColourNoise: training.epochsWithoutColourNoise,
      picturesPerCrop: training.picturesPerCrop,
    },
  };
}

const MODEL_PRESETS: Readonly<Partial<Record<ModelName, Partial<Preset>>>> = {
  "alexnet-mini": {
    sizes: { maps: [32, 64, 96, 96, 64], units: [512, 512] },
    batch: 64,
    epochs: 15,
    learningRate: 0.05,
    schedule: { kind: "cosine" },
    pixelDivisor: 64,
  },
};

const PRESETS: Readonly<Partial<Record<ModelName, Readonly<Record<string, DatasetPreset>>>>> = {
  "alexnet-mini": {
    // Other styles mean other colours: stronger noise than the paper's, and a longer look at few pictures.
    emoji: {
      sizes: { maps: [32, 64, 96, 96, 64], firstKernel: 7, units: [1024, 1024], dropout: 0.3 },
      batch: 32,
      epochs: 60,
      learningRate: 0.02,
      augmentation: { colourNoise: "code-2012", colourNoiseStrength: 3 },
    },
    "fashion-mnist-full": { epochs: 30 },
  },
};
