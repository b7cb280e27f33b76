// A pass over a dataset as plain data over shared memory: any thread can make any of its batches from it.
import { deriveKey, type RandomKey } from "@tandem/core";
import { centreView, drawColourNoise, randomView, tenViews, type View } from "../augmentation.ts";
import type { Dataset, PixelStore } from "../dataset.ts";
import { permutation } from "../permutation.ts";

/** What every picture goes through, in training and evaluation alike: (crop - mean image) * scale. */
export interface Preparation {
  /** Side of the square crops, at most that of the pictures. */
  readonly cropSize: number;
  /** [height, width, 3], subtracted at the place the crop is taken from. Without it, nothing is subtracted. */
  readonly meanImage?: Float32Array<SharedArrayBuffer>;
  /** 1 by default: pixels stay grey levels, as in the paper. */
  readonly scale?: number;
}

export interface Augmentation {
  readonly crops: "random" | "centre";
  readonly flips: boolean;
  /** This many pictures that follow each other share one crop and flip; 1 by default, 32 in the 2012 code. */
  readonly picturesPerView?: number;
  /** See `colourNoiseAxes`. It is added after the mean is subtracted and before scaling. */
  readonly colourNoiseAxes?: readonly number[] | undefined;
}

/** One epoch of training, in random order. */
export interface TrainingPass {
  readonly kind: "training";
  readonly seed: number;
  readonly epoch: number;
  /** `wrap` fills the last batch with the epoch's first pictures (under new crops), `drop` leaves the remainder out. */
  readonly lastBatch: "wrap" | "drop";
  readonly augmentation: Augmentation;
}

/** Every picture once for each view, in the dataset's order; the last batch is padded with pictures of weight 0. */
export interface EvaluationPass {
  readonly kind: "evaluation";
  readonly views: "centre" | "ten";
}

/** Where views come from: a list, all of which each batch is made in, or the random streams of an epoch. */
type ViewSource =
  | { readonly kind: "views"; readonly views: readonly View[] }
  | {
      readonly kind: "draws";
      readonly view: RandomKey;
      readonly colour: RandomKey;
      readonly augmentation: Augmentation;
    };

/** All that making a batch takes. Survives `structuredClone`; the large parts are shared, not copied. */
export interface BatchPlan {
  readonly pixels: PixelStore;
  readonly labels: Int32Array<SharedArrayBuffer>;
  /** Which picture comes at which position of the pass; undefined: the dataset's order. */
  readonly order: Int32Array<SharedArrayBuffer> | undefined;
  readonly batchSize: number;
  readonly batchCount: number;
  readonly cropSize: number;
  readonly meanImage: Float32Array<SharedArrayBuffer> | undefined;
  readonly scale: number;
  readonly source: ViewSource;
}

/** How many batches an epoch of training on `length` pictures has. */
export function batchesPerEpoch(length: number, batchSize: number, lastBatch: TrainingPass["lastBatch"]): number {
  return lastBatch === "wrap" ? Math.ceil(length / batchSize) : Math.floor(length / batchSize);
}

/** @throws RangeError if batch or crop size do not fit the dataset. */
export function planBatches(
  dataset: Dataset,
  batchSize: number,
  preparation: Preparation,
  pass: TrainingPass | EvaluationPass,
): BatchPlan {
  const { pixels, labels, length, height, width } = dataset;
  const { cropSize, meanImage, scale = 1 } = preparation;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`expected a batch size of 1 or more, found ${batchSize}`);
  }
  if (!Number.isInteger(cropSize) || cropSize < 1 || cropSize > Math.min(height, width)) {
    throw new RangeError(
      `${dataset.name}: expected crops of 1 to ${Math.min(height, width)} pixels, found ${cropSize}; pictures are ${height} x ${width}`,
    );
  }
  if (meanImage !== undefined && meanImage.length !== height * width * 3) {
    throw new RangeError(
      `${dataset.name}: expected a mean image of ${height} x ${width} x 3 values, found ${meanImage.length}`,
    );
  }
  const common = { pixels, labels, batchSize, cropSize, meanImage, scale };
  switch (pass.kind) {
    case "training": {
      const { seed, epoch, lastBatch, augmentation } = pass;
      const batchCount = batchesPerEpoch(length, batchSize, lastBatch);
      if (batchCount === 0) {
        throw new RangeError(`${dataset.name}: ${length} pictures fill no batch of ${batchSize}; use smaller batches`);
      }
      return {
        ...common,
        batchCount,
        order: permutation(length, deriveKey(seed, epoch, "data/order")),
        source: {
          kind: "draws",
          view: deriveKey(seed, epoch, "data/view"),
          colour: deriveKey(seed, epoch, "data/colour"),
          augmentation,
        },
      };
    }
    case "evaluation": {
      const views = pass.views === "ten" ? tenViews(height, width, cropSize) : [centreView(height, width, cropSize)];
      return {
        ...common,
        batchCount: Math.ceil(length / batchSize),
        order: undefined,
        source: { kind: "views", views },
      };
    }
  }
}

/** How many views each batch of the pass comes in. */
export function viewsPerBatch({ source }: BatchPlan): number {
  return source.kind === "views" ? source.views.length : 1;
}

/** The view of the picture at `position` of the pass: the `view`-th of the listed ones, or the one drawn for that position. */
export function viewAt(plan: BatchPlan, position: number, view: number): View {
  const { source, cropSize } = plan;
  const { height, width } = plan.pixels;
  const centre = centreView(height, width, cropSize);
  if (source.kind === "views") return source.views[view] ?? centre;
  const { crops, flips, picturesPerView = 1 } = source.augmentation;
  const drawn = randomView(source.view, Math.floor(position / picturesPerView), height, width, cropSize);
  return { ...(crops === "random" ? drawn : centre), flipped: flips && drawn.flipped };
}

/** What is added to R, G and B of the picture at `position` of the pass. */
export function noiseAt({ source }: BatchPlan, position: number): readonly [number, number, number] {
  const axes = source.kind === "draws" ? source.augmentation.colourNoiseAxes : undefined;
  return source.kind === "views" || axes === undefined ? [0, 0, 0] : drawColourNoise(axes, source.colour, position);
}
