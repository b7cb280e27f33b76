// CIFAR-10 (Krizhevsky, 2009) in its binary format: records of a label byte and 3 x 32 x 32 bytes, one colour plane after another.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { allocatePixels, createDataset, type Dataset } from "../dataset.ts";
import { DatasetError } from "../errors.ts";
import { readDatasetFile } from "../formats/read-file.ts";
import { type DatasetSplits, holdOut } from "../splits.ts";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const SIDE = 32;
const PLANE_BYTES = SIDE * SIDE;
const RECORD_BYTES = 1 + 3 * PLANE_BYTES;
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
  const batches: { readonly file: string; readonly records: Uint8Array }[] = [];
  for (const file of files) batches.push({ file, records: await readRecords(join(folder, file)) });
  const count = batches.reduce((sum, { records }) => sum + records.length / RECORD_BYTES, 0);
  const pixels = allocatePixels(count, SIDE, SIDE, 3);
  const labels = new Uint8Array(count);
  let picture = 0;
  for (const { records } of batches) {
    for (let start = 0; start < records.length; start += RECORD_BYTES, picture++) {
      labels[picture] = records[start] ?? 0;
      const target = pixels.bytes.subarray(picture * 3 * PLANE_BYTES, (picture + 1) * 3 * PLANE_BYTES);
      for (let pixel = 0; pixel < PLANE_BYTES; pixel++) {
        for (let channel = 0; channel < 3; channel++) {
          target[pixel * 3 + channel] = records[start + 1 + channel * PLANE_BYTES + pixel] ?? 0;
        }
      }
    }
  }
  return createDataset({
    name,
    classes: CLASSES,
    pixels,
    labels,
    labelFile: files.map((file) => join(folder, file)).join(", "),
  });
}

async function readRecords(file: string): Promise<Uint8Array> {
  const records = await readDatasetFile(file, DOWNLOAD);
  if (records.length === 0 || records.length % RECORD_BYTES !== 0) {
    throw new DatasetError(
      `${file}: expected whole records of ${RECORD_BYTES} bytes, found ${records.length} bytes (${(records.length / RECORD_BYTES).toFixed(2)} records)`,
      { hint: DOWNLOAD },
    );
  }
  return records;
}
