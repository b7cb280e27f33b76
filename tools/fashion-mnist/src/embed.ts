// Cutting the embedded sheets out of the published files.
import { mkdir } from "node:fs/promises";
import {
  type Dataset,
  FASHION_MNIST_CLASSES,
  type FashionMnistIndex,
  type FashionMnistSheet,
  type FashionMnistSplit,
  readFashionMnistFiles,
  writeSheet,
  writeSheetIndex,
} from "@tandem/data";

export type SplitCounts = Readonly<Record<FashionMnistSplit, number>>;

const PICTURES_PER_SHEET = 2_000;
const COLUMNS = 40;

/** Writes the first `counts` pictures of the IDX files in `source` as sheets and index into `target`. */
export async function embedFashionMnist(
  source: string,
  target: string,
  counts: SplitCounts,
): Promise<FashionMnistIndex> {
  await mkdir(target, { recursive: true });
  const train = await readFashionMnistFiles(source, "train");
  const test = await readFashionMnistFiles(source, "test");
  const index: FashionMnistIndex = {
    version: 1,
    source: `Fashion-MNIST, Copyright (c) 2017 Zalando SE, MIT License: its first ${counts.train} training and ${counts.test} test pictures`,
    format: { height: train.height, width: train.width, channels: train.pixels.channels },
    classes: FASHION_MNIST_CLASSES,
    sheets: [
      ...(await writeSheets(target, train, "train", counts.train)),
      ...(await writeSheets(target, test, "test", counts.test)),
    ],
  };
  await writeSheetIndex(target, index);
  return index;
}

async function writeSheets(
  target: string,
  dataset: Dataset,
  split: FashionMnistSplit,
  total: number,
): Promise<FashionMnistSheet[]> {
  if (dataset.length < total) throw new Error(`${dataset.name}: expected ${total} pictures, found ${dataset.length}`);
  const imageBytes = dataset.height * dataset.width * dataset.pixels.channels;
  const sheets: FashionMnistSheet[] = [];
  for (let first = 0; first < total; first += PICTURES_PER_SHEET) {
    const end = Math.min(first + PICTURES_PER_SHEET, total);
    const file = `${split}-${String(sheets.length).padStart(2, "0")}.webp`;
    const pictures = dataset.pixels.bytes.slice(first * imageBytes, end * imageBytes);
    const sheet = await writeSheet(target, file, pictures, dataset.pixels, COLUMNS);
    sheets.push({ split, ...sheet, labels: [...dataset.labels.slice(first, end)] });
  }
  return sheets;
}
