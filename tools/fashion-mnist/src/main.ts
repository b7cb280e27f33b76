// node dist/main.js [FOLDER]: writes the embedded Fashion-MNIST from the IDX files in FOLDER, by default those of Debian's
// package dataset-fashion-mnist. The same files give the same sheets.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type Dataset,
  FASHION_MNIST_CLASSES,
  FASHION_MNIST_DEBIAN_FOLDER,
  type FashionMnistIndex,
  type FashionMnistSheet,
  type FashionMnistSplit,
  readFashionMnistFiles,
  writeSheet,
  writeSheetIndex,
} from "@tandem/data";

const COUNTS = { train: 20_000, test: 10_000 } satisfies Record<FashionMnistSplit, number>;
const PICTURES_PER_SHEET = 2_000;
const COLUMNS = 40;

const source = process.argv[2] ?? FASHION_MNIST_DEBIAN_FOLDER;
const target = fileURLToPath(new URL("../../../packages/data/embedded/fashion-mnist/", import.meta.url));

async function writeSplit(split: FashionMnistSplit): Promise<FashionMnistSheet[]> {
  const dataset = await readFashionMnistFiles(source, split);
  const sheets: FashionMnistSheet[] = [];
  for (let first = 0; first < COUNTS[split]; first += PICTURES_PER_SHEET) {
    sheets.push(await writePictures(dataset, split, first, Math.min(PICTURES_PER_SHEET, COUNTS[split] - first)));
  }
  return sheets;
}

async function writePictures(
  dataset: Dataset,
  split: FashionMnistSplit,
  first: number,
  count: number,
): Promise<FashionMnistSheet> {
  const file = `${split}-${String(first / PICTURES_PER_SHEET).padStart(2, "0")}.webp`;
  const imageBytes = dataset.height * dataset.width * dataset.pixels.channels;
  const pictures = dataset.pixels.bytes.slice(first * imageBytes, (first + count) * imageBytes);
  const sheet = await writeSheet(target, file, pictures, dataset.pixels, COLUMNS);
  return { split, ...sheet, labels: [...dataset.labels.slice(first, first + count)] };
}

await mkdir(target, { recursive: true });
const index: FashionMnistIndex = {
  version: 1,
  source:
    "Fashion-MNIST, Copyright (c) 2017 Zalando SE, MIT License: the first 20,000 training pictures and the 10,000 test pictures",
  format: { height: 28, width: 28, channels: 1 },
  classes: FASHION_MNIST_CLASSES,
  sheets: [...(await writeSplit("train")), ...(await writeSplit("test"))],
};
await writeSheetIndex(target, index);
console.log(`${index.sheets.length} sheets in ${target}`);
