// Datasets, augmentation, and loading ahead of the step.
export { createDataset, type Dataset, type DatasetParts, type PixelStore, selectPictures } from "./dataset.ts";
export { DatasetError } from "./errors.ts";
export { type PictureFormat, type Sheet, writeSheet } from "./formats/sheet.ts";
export { writeSheetIndex } from "./formats/sheet-index.ts";
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
