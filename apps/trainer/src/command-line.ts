// The trainer's options: what they are called, what they may be, and what they are for.
import { KNOWN_DATASETS } from "@tandem/data";
import { type RecipeName, recipes } from "@tandem/models";
import { z } from "zod";
import { aboutModel, modelNames } from "./model-catalog.ts";
import { nonEmpty, oneOf, positiveNumber, wholeNumber } from "./option-schemas.ts";
import type { CommandDescription } from "./parse-options.ts";
import type { TrainingChoices } from "./preset.ts";

export type TrainerOptions = TrainingChoices & {
  readonly resume?: string | undefined;
  readonly out?: string | undefined;
  readonly name?: string | undefined;
};

const recipeNames = Object.keys(recipes) as RecipeName[];

export const trainerCommand: CommandDescription<TrainerOptions> = {
  usage: "pnpm --filter trainer start",
  about: "Trains a network on pictures, tests it once, and writes what happened to runs/NAME.",
  flags: {
    model: { argument: "<name>", about: `${modelNames.join(", ")} (default: alexnet-mini)` },
    data: {
      argument: "<name>",
      about: `${KNOWN_DATASETS.map(({ usage }) => usage).join(", ")} (default: fashion-mnist)`,
    },
    recipe: { argument: "<name>", about: `whose AlexNet: ${recipeNames.join(", ")} (default: paper)` },
    towers: { argument: "<count>", about: "1, or 2, which may live on two devices (default: what the model has)" },
    parallel: {
      argument: "<what>",
      about: "what several devices divide: towers, the network's halves; data, the batch (default: towers)",
    },
    precision: {
      argument: "<type>",
      about: "what layers compute in: f32, or f16 where devices have it, with parameters in f32 (default: f32)",
    },
    epochs: { argument: "<count>", about: "passes over the training pictures" },
    steps: { argument: "<count>", about: "at most this many steps, however many epochs that is" },
    batch: { argument: "<count>", about: "pictures a step" },
    learningRate: { argument: "<rate>", about: "learning rate to begin with" },
    seed: { argument: "<number>", about: "of everything random (default: 1)" },
    resume: {
      argument: "<run>",
      about: "go on from the newest checkpoint of a run, by its name or folder, in that folder",
    },
    out: { argument: "<folder>", about: "folder that holds the runs (default: runs, in the repository)" },
    name: { argument: "<name>", about: "of the run (default: from model and data, with a number where that is taken)" },
  },
  schema: z.object({
    model: oneOf(modelNames).optional(),
    data: nonEmpty("the name of a dataset").optional(),
    recipe: oneOf(recipeNames).optional(),
    towers: oneOf(["1", "2"]).transform(towerCount).optional(),
    parallel: oneOf(["towers", "data"]).optional(),
    precision: oneOf(["f32", "f16"]).optional(),
    epochs: wholeNumber(1, 100_000).optional(),
    steps: wholeNumber(1, 1_000_000_000).optional(),
    batch: wholeNumber(1, 65_536).optional(),
    learningRate: positiveNumber(1000).optional(),
    seed: wholeNumber(0, 2 ** 32 - 1).optional(),
    resume: nonEmpty("a run").optional(),
    out: nonEmpty("a folder").optional(),
    name: nonEmpty("a name").optional(),
  }),
  examples: [
    "pnpm --filter trainer start",
    "pnpm --filter trainer start --epochs 3 --learning-rate 0.01 --name short",
    "TANDEM_BACKEND=tfjs TANDEM_DEVICES=1 pnpm --filter trainer start --data emoji",
    "TANDEM_DEVICES=2 pnpm --filter trainer start --parallel data",
    "pnpm --filter trainer start --resume short --epochs 5",
  ],
  notes: [
    ...modelNames.map((name) => `--model ${name}: ${aboutModel(name)}`),
    ...KNOWN_DATASETS.map(({ usage, about }) => `--data ${usage}: ${about}`),
    "What is left out depends on model and data; config.json has it all.",
    "--resume takes everything from the run's config.json. --epochs and --steps may change where the training ends; with a",
    "schedule that depends on that, the rate is the new length's. Metrics after the checkpoint are taken anew.",
    "TANDEM_BACKEND and TANDEM_DEVICES choose where it runs; TANDEM_EXPLAIN=plan prints every step of the program.",
  ],
};

function towerCount(text: "1" | "2"): 1 | 2 {
  return text === "1" ? 1 : 2;
}
