// Datasets, augmentation, and loading ahead of the step.
export {
  type ColourNoise,
  centreView,
  colourNoiseAxes,
  cropSide,
  tenViews,
  type View,
} from "./augmentation.ts";
export { type BaselineErrors, nearestNeighbour } from "./baseline/nearest-neighbour.ts";
export { createDataset, type Dataset, type DatasetParts, type PixelStore, selectPictures } from "./dataset.ts";
export { DatasetError } from "./errors.ts";
export { type PictureFormat, type Sheet, writeSheet } from "./formats/sheet.ts";
export { writeSheetIndex } from "./formats/sheet-index.ts";
export type { Batch } from "./loading/batch.ts";
export { type LoadOptions, loadBatches } from "./loading/load-batches.ts";
export {
  type Augmentation,
  batchesPerEpoch,
  type EvaluationPass,
  type Preparation,
  type TrainingPass,
} from "./loading/pass.ts";
export { type DatasetDescription, KNOWN_DATASETS, type OpenDatasetOptions, openDataset } from "./open.ts";
export type { EmojiEntry, EmojiIndex, EmojiSheet } from "./sources/emoji.ts";
export {
  FASHION_MNIST_CLASSES,
  FASHION_MNIST_DEBIAN_FOLDER,
  type FashionMnistIndex,
  type FashionMnistSheet,
  type FashionMnistSplit,
  readFashionMnistFiles,
} from "./sources/fashion-mnist.ts";
export type { DatasetSplits } from "./splits.ts";
export { type ColourComponents, type DatasetStatistics, datasetStatistics } from "./statistics.ts";
