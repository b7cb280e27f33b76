// CIFAR-10 (Krizhevsky, 2009) in its binary format: records of a label byte and 3 x 32 x 32 bytes, one colour plane after another.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { allocatePixels, concatenate, createDataset, type Dataset } from "../dataset.ts";
import { DatasetError } from "../errors.ts";
import { readDatasetFile } from "../formats/read-file.ts";
import { type DatasetSplits, holdOut } from "../splits.ts";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const SIDE = 32;
const PLANE_PIXELS = SIDE * SIDE;
const RECORD_BYTES = 1 + 3 * PLANE_PIXELS;
const TRAINING_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const TEST_FILES = ["test_batch.bin"];
const VALIDATION_SHARE = 0.1;

const DOWNLOAD =
  "unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and give its folder, as in --data cifar10=cifar-10-batches-bin";

/** 45,000 pictures for training, 5,000 for validation, 10,000 for the test, from the binary files in `folder`. */
export async function openCifar10(folder: string): Promise<DatasetSplits> {
  for (const name of [...TRAINING_FILES, ...TEST_FILES]) {
    if (!existsSync(join(folder, name))) {
      throw new DatasetError(`${folder}: expected ${name}, found no such file`, { hint: DOWNLOAD });
    }
  }
  const pictures = await readBatches(folder, "cifar10, train", TRAINING_FILES);
  return holdOut("cifar10", pictures, Math.round(VALIDATION_SHARE * pictures.length), () =>
    readBatches(folder, "cifar10, test", TEST_FILES),
  );
}

async function readBatches(folder: string, name: string, files: readonly string[]): Promise<Dataset> {
  return concatenate(await Promise.all(files.map((file) => readBatch(join(folder, file)))), name);
}

async function readBatch(file: string): Promise<Dataset> {
  const records = await readDatasetFile(file, DOWNLOAD);
  const count = records.length / RECORD_BYTES;
  if (count === 0 || !Number.isInteger(count)) {
    throw new DatasetError(
      `${file}: expected whole records of ${RECORD_BYTES} bytes, found ${records.length} bytes (${count.toFixed(2)} records)`,
      { hint: DOWNLOAD },
    );
  }
  const pixels = allocatePixels(count, SIDE, SIDE, 3);
  const labels = new Uint8Array(count);
  for (let picture = 0; picture < count; picture++) {
    const start = picture * RECORD_BYTES;
    labels[picture] = records[start] ?? 0;
    for (let pixel = 0; pixel < PLANE_PIXELS; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const to = (picture * PLANE_PIXELS + pixel) * 3 + channel;
        pixels.bytes[to] = records[start + 1 + channel * PLANE_PIXELS + pixel] ?? 0;
      }
    }
  }
  return createDataset({ name: file, classes: CLASSES, pixels, labels, labelFile: file });
}
