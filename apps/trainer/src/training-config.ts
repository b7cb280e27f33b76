// Everything that decides how a training goes: what config.json holds.
import type { ColourNoise } from "@tandem/data";
import type { MiniAlexnetOptions, Precision, RecipeName } from "@tandem/models";
import type { LearningRateSchedule } from "@tandem/nn";
import type { ModelName } from "./model-catalog.ts";

/** What of the small AlexNet's shape is a choice; the full-size networks have none. */
type MiniSizes = Omit<MiniAlexnetOptions, "recipe" | "classes" | "inputSize" | "towers" | "precision">;

type Parallelism = "towers" | "data";

export interface TrainingConfig {
  readonly model: ModelName;
  /** Used by the model called alexnet-mini. */
  readonly sizes: MiniSizes;
  readonly recipe: RecipeName;
  readonly towers: 1 | 2;
  /**
   * What several devices divide: `towers` the network, at most in two; `data` the batch, a part for each device. Either way they
   * compute what one device would.
   */
  readonly parallel: Parallelism;
  /** What layers compute in. Parameters are f32 either way; in f16 the loss is scaled. */
  readonly precision: Precision;
  /** `NAME` or `NAME=FOLDER`. */
  readonly data: string;
  readonly seed: number;
  /** Pictures a step. The last batch of an epoch is filled up with the epoch's first pictures. */
  readonly batch: number;
  readonly epochs: number;
  /** Ends the training earlier, after this many steps. */
  readonly steps?: number | undefined;
  /** What the rate is to begin with. */
  readonly learningRate: number;
  readonly schedule: LearningRateSchedule;
  readonly momentum: number;
  readonly weightDecay: number;
  /** What prepared pixels (0 to 255, the mean image subtracted) are divided by. */
  readonly pixelDivisor: number;
  readonly augmentation: {
    readonly crops: "random" | "centre";
    readonly flips: boolean;
    readonly colourNoise: ColourNoise;
    /** Multiplies the noise of the recipe, whose own strength is 1: the default. */
    readonly colourNoiseStrength?: number;
    /** How many epochs at the end go without colour noise. */
    readonly epochsWithoutColourNoise: number;
    /** How many pictures in a row share one crop and flip. */
    readonly picturesPerCrop: number;
  };
  /** Threads that prepare pictures; the pictures do not depend on it. */
  readonly loaders: number;
}
