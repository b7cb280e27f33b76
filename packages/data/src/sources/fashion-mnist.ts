// Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): 28x28 grey pictures of ten kinds of clothes, embedded or from its IDX files.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { allocatePixels, createDataset, type Dataset } from "../dataset.ts";
import { DatasetError } from "../errors.ts";
import { readIdx } from "../formats/idx.ts";
import { type PictureFormat, pictureFormatSchema, readSheet, type Sheet, sheetSchema } from "../formats/sheet.ts";
import { readSheetIndex } from "../formats/sheet-index.ts";
import { type DatasetSplits, holdOut } from "../splits.ts";
import { embeddedFolder } from "./embedded.ts";

export const FASHION_MNIST_CLASSES: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** Where Debian's package `dataset-fashion-mnist` puts the files. */
export const FASHION_MNIST_DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

const EMBEDDED_VALIDATION_COUNT = 2_000;
const FULL_VALIDATION_COUNT = 5_000;

export type FashionMnistSplit = "train" | "test";

export interface FashionMnistSheet extends Sheet {
  readonly split: FashionMnistSplit;
  readonly labels: readonly number[];
}

/** index.json of the embedded pictures. */
export interface FashionMnistIndex {
  readonly version: 1;
  readonly source: string;
  readonly format: PictureFormat;
  readonly classes: readonly string[];
  readonly sheets: readonly FashionMnistSheet[];
}

const indexSchema: z.ZodType<FashionMnistIndex> = z.object({
  version: z.literal(1),
  source: z.string(),
  format: pictureFormatSchema,
  classes: z.array(z.string()),
  sheets: z.array(
    z.intersection(sheetSchema, z.object({ split: z.literal(["train", "test"]), labels: z.array(z.int()) })),
  ),
});

/** The embedded pictures: 18,000 for training, 2,000 for validation, 10,000 for the test. */
export async function openEmbeddedFashionMnist(
  folder: string = embeddedFolder("fashion-mnist"),
): Promise<DatasetSplits> {
  const index = await readSheetIndex(folder, indexSchema);
  const train = await readEmbedded(folder, index, "train");
  return holdOut("fashion-mnist", train, EMBEDDED_VALIDATION_COUNT, () => readEmbedded(folder, index, "test"));
}

async function readEmbedded(folder: string, index: FashionMnistIndex, split: FashionMnistSplit): Promise<Dataset> {
  const sheets = index.sheets.filter((sheet) => sheet.split === split);
  const { height, width, channels } = index.format;
  const count = sheets.reduce((sum, sheet) => sum + sheet.count, 0);
  const pixels = allocatePixels(count, height, width, channels);
  let first = 0;
  const reads = sheets.map((sheet) => {
    const read = readSheet(folder, sheet, pixels, first);
    first += sheet.count;
    return read;
  });
  await Promise.all(reads);
  return createDataset({
    name: `fashion-mnist, ${split}`,
    classes: index.classes,
    pixels,
    labels: sheets.flatMap((sheet) => sheet.labels),
    labelFile: join(folder, "index.json"),
  });
}

/** All pictures, from the four IDX files in `folder`: 55,000 for training, 5,000 for validation, 10,000 for the test. */
export async function openFashionMnistFiles(folder: string): Promise<DatasetSplits> {
  // A missing test file should show before the training, not after it.
  for (const split of ["train", "test"] as const) locateFiles(folder, split);
  const train = await readFashionMnistFiles(folder, "train");
  const validationCount = Math.min(FULL_VALIDATION_COUNT, Math.floor(train.length / 10));
  return holdOut("fashion-mnist-full", train, validationCount, () => readFashionMnistFiles(folder, "test"));
}

/** Reads one split of the IDX files in `folder`, gzipped or not. */
export async function readFashionMnistFiles(folder: string, split: FashionMnistSplit): Promise<Dataset> {
  const files = locateFiles(folder, split);
  const images = await readIdx(files.images, 3);
  const labels = await readIdx(files.labels, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  const pixels = allocatePixels(count, height, width, 1);
  pixels.bytes.set(images.bytes);
  return createDataset({
    name: `fashion-mnist-full, ${split}`,
    classes: FASHION_MNIST_CLASSES,
    pixels,
    labels: labels.bytes,
    labelFile: files.labels,
  });
}

interface SplitFiles {
  readonly images: string;
  readonly labels: string;
}

function locateFiles(folder: string, split: FashionMnistSplit): SplitFiles {
  const prefix = split === "train" ? "train" : "t10k";
  return {
    images: locateFile(folder, `${prefix}-images-idx3-ubyte`),
    labels: locateFile(folder, `${prefix}-labels-idx1-ubyte`),
  };
}

function locateFile(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((candidate) => join(folder, candidate)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new DatasetError(`${folder}: expected ${name} or ${name}.gz, found neither`, {
    hint:
      "install Debian's package dataset-fashion-mnist, or put the four files of " +
      "https://github.com/zalandoresearch/fashion-mnist into that folder; --data fashion-mnist needs no files",
  });
}
