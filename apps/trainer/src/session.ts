// What all parts of a training share.
import type { RunDirectory } from "@tandem/checkpoint";
import type { DeviceGroup } from "@tandem/core";
import {
  type Augmentation,
  colourNoiseAxes,
  cropSide,
  type DatasetSplits,
  datasetStatistics,
  type Preparation,
} from "@tandem/data";
import type { Model } from "@tandem/models";
import { buildModel } from "./model-catalog.ts";
import type { Pace } from "./pace.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { Reporter } from "./training-events.ts";
import type { TrainingPrograms } from "./training-programs.ts";

export interface TrainingDependencies {
  readonly devices: DeviceGroup;
  readonly data: DatasetSplits;
  /** Makes the run's folder, once it is certain that the training can begin; or opens the one to go on with. */
  readonly openRun: () => Promise<RunDirectory>;
  /** The run was begun before: go on from its newest checkpoint. */
  readonly resume?: boolean;
  readonly report: Reporter;
  /** Aborted: the training stops after the step, and saves. */
  readonly signal: AbortSignal;
  /** Report every step of the program, not only its sums. */
  readonly explain?: boolean;
}

/** What follows from configuration and training pictures. */
export interface Prepared {
  readonly model: Model;
  readonly preparation: Preparation;
  /** By epoch, from 1. */
  augmentation(epoch: number): Augmentation;
}

export interface Session extends TrainingDependencies, Prepared {
  readonly config: TrainingConfig;
  readonly run: RunDirectory;
  readonly programs: TrainingPrograms;
  readonly pace: Pace;
}

/** What a checkpoint says of the devices that computed it. */
export function fingerprintOf({ devices }: DeviceGroup): string {
  return devices.map(({ name }) => name).join(" ");
}

export function prepare(config: TrainingConfig, data: DatasetSplits): Prepared {
  const { meanImage, colours } = datasetStatistics(data.train);
  const cropSize = cropSide(Math.min(data.train.height, data.train.width));
  const { crops, flips, picturesPerCrop, colourNoise, colourNoiseStrength, epochsWithoutColourNoise } =
    config.augmentation;
  const axes = colourNoiseAxes(colourNoise, colours, colourNoiseStrength);
  return {
    model: buildModel(config, { classes: data.classes.length, inputSize: cropSize }),
    preparation: { cropSize, meanImage, scale: 1 / config.pixelDivisor },
    augmentation: (epoch) => ({
      crops,
      flips,
      picturesPerView: picturesPerCrop,
      colourNoiseAxes: epoch > config.epochs - epochsWithoutColourNoise ? undefined : axes,
    }),
  };
}
