// The three AlexNets: the paper's words, the code its authors ran in 2012, and Caffe's bvlc_alexnet. What differs is here, as data.
import type { LearningRateSchedule, UpdateRule } from "@tandem/nn";
import type { MapNormalizationStage, ResponseNormalizationStage } from "./architecture.ts";

export type RecipeName = "paper" | "code-2012" | "caffe";

export type ResponseNormalization = Omit<ResponseNormalizationStage, "kind" | "name">;

export interface Recipe {
  readonly name: RecipeName;
  /** Side of the crops the full-size network takes. */
  readonly inputSize: number;
  readonly responseNormalization: ResponseNormalization;
  /** Where the first layer's ReLU stands: before its normalisation, or after its pooling. */
  readonly firstActivation: "before normalisation" | "after pooling";
  /** After the second layer's response normalisation. */
  readonly mapNormalization: Omit<MapNormalizationStage, "kind" | "name"> | undefined;
  /** Deviation of initial weights by layer; of all layers not named, `otherwise`. */
  readonly weightDeviation: { readonly otherwise: number; readonly [layer: string]: number };
  /** Initial bias in conv2, conv4, conv5 and the hidden fully connected layers; elsewhere 0. */
  readonly bias: number;
  readonly biasRule: UpdateRule;
  readonly training: TrainingRecipe;
}

/** How the recipe's authors trained it; a trainer takes from it what fits its data. */
export interface TrainingRecipe {
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: LearningRateSchedule;
  /** How many pictures in a row share one random crop and flip. */
  readonly picturesPerCrop: number;
  readonly colourNoise: "paper" | "code-2012" | "none";
  /** How many epochs at the end go without colour noise. */
  readonly epochsWithoutColourNoise: number;
  /** What pictures are divided by after all else. */
  readonly pictureDivisor: number;
}

const sharedTraining = { learningRate: 0.01, momentum: 0.9, weightDecay: 0.0005 } as const;
const asWeights: UpdateRule = { learningRate: 1, decay: 1 };
const twiceWithoutDecay: UpdateRule = { learningRate: 2, decay: 0 };

export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  paper: {
    name: "paper",
    inputSize: 224,
    responseNormalization: { size: 5, k: 2, alpha: 1e-4, beta: 0.75, within: "column" },
    firstActivation: "before normalisation",
    mapNormalization: undefined,
    weightDeviation: { otherwise: 0.01 },
    bias: 1,
    biasRule: asWeights,
    training: {
      ...sharedTraining,
      batchSize: 128,
      epochs: 90,
      // By hand in the paper: how long its authors waited is not known.
      schedule: { kind: "plateau", patience: 5, factor: 0.1, drops: 3 },
      picturesPerCrop: 1,
      colourNoise: "paper",
      epochsWithoutColourNoise: 0,
      pictureDivisor: 1,
    },
  },
  "code-2012": {
    name: "code-2012",
    inputSize: 224,
    responseNormalization: { size: 5, k: 2, alpha: 1e-4 / 5, beta: 0.75, within: "column" },
    firstActivation: "after pooling",
    mapNormalization: { window: 5, scale: 0.001 / 25, power: 0.75 },
    weightDeviation: { otherwise: 0.01, conv3: 0.03, conv4: 0.03, conv5: 0.03 },
    bias: 1,
    biasRule: twiceWithoutDecay,
    training: {
      ...sharedTraining,
      batchSize: 128,
      epochs: 93,
      schedule: { kind: "steps", atEpochs: [23, 51, 78], factor: 0.1 },
      picturesPerCrop: 32,
      colourNoise: "code-2012",
      epochsWithoutColourNoise: 25,
      pictureDivisor: 1.1,
    },
  },
  caffe: {
    name: "caffe",
    inputSize: 227,
    responseNormalization: { size: 5, k: 1, alpha: 1e-4 / 5, beta: 0.75, within: "layer" },
    firstActivation: "before normalisation",
    mapNormalization: undefined,
    weightDeviation: { otherwise: 0.01, fc6: 0.005, fc7: 0.005 },
    bias: 0.1,
    biasRule: twiceWithoutDecay,
    training: {
      ...sharedTraining,
      batchSize: 256,
      epochs: 90,
      // Every 100,000 batches of 256 from ImageNet's 1.28 million pictures.
      schedule: { kind: "steps", atEpochs: [20, 40, 60, 80], factor: 0.1 },
      picturesPerCrop: 1,
      colourNoise: "none",
      epochsWithoutColourNoise: 0,
      pictureDivisor: 1,
    },
  },
};
