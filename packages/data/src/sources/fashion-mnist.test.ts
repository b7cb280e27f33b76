import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Dataset } from "../dataset.ts";
import { embeddedFolder } from "./embedded.ts";
import { openEmbeddedFashionMnist, openFashionMnistFiles } from "./fashion-mnist.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-fashion-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function classCounts({ labels, classes }: Dataset): number[] {
  return classes.map((_, label) => labels.filter((other) => other === label).length);
}

describe("the embedded Fashion-MNIST", () => {
  test("has 18,000 pictures for training, 2,000 for validation and 10,000 for the test", async () => {
    const { train, validation, openTest, classes } = await openEmbeddedFashionMnist();
    const test = await openTest();
    expect([train.length, validation.length, test.length]).toEqual([18_000, 2_000, 10_000]);
    for (const { height, width, pixels } of [train, validation, test]) {
      expect([height, width, pixels.channels]).toEqual([28, 28, 1]);
    }
    expect(classes).toHaveLength(10);
    // The published test set has 1,000 pictures of each class.
    expect(classCounts(test)).toEqual(Array.from({ length: 10 }, () => 1_000));
    expect(classCounts(train).every((count) => count > 1_700)).toBe(true);
  });

  test("starts as the published files do", async () => {
    const test = await (await openEmbeddedFashionMnist()).openTest();
    expect([...test.labels.subarray(0, 10)]).toEqual([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
    expect(test.caption(0)).toBe("Ankle boot");
  });

  test("reads no file of the test split before it is opened", async () => {
    const folder = temporaryFolder();
    const embedded = embeddedFolder("fashion-mnist");
    for (const file of readdirSync(embedded)) {
      if (!file.startsWith("test-")) copyFileSync(join(embedded, file), join(folder, file));
    }
    const splits = await openEmbeddedFashionMnist(folder);
    expect(splits.train.length).toBe(18_000);
    await expect(splits.openTest()).rejects.toThrow(/test-\d\d\.webp: expected a file of the dataset/);
  });
});

/** IDX files with `count` pictures of 2 x 2 pixels in each split. */
function writeFiles(folder: string, count: number, { gzip = false, label = 3 } = {}): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, header: readonly number[], body: readonly number[]) => {
    const contents = Uint8Array.from([...header, ...body]);
    writeFileSync(join(folder, gzip ? `${name}.gz` : name), gzip ? gzipSync(contents) : contents);
  };
  for (const prefix of ["train", "t10k"]) {
    const pixels = Array.from({ length: count * 4 }, (_, index) => index % 256);
    write(`${prefix}-images-idx3-ubyte`, [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2], pixels);
    write(
      `${prefix}-labels-idx1-ubyte`,
      [0, 0, 8, 1, 0, 0, 0, count],
      Array.from({ length: count }, () => label),
    );
  }
}

describe("Fashion-MNIST from a folder", () => {
  test.each([false, true])("is read (gzipped: %s), a tenth held out", async (gzip) => {
    const folder = temporaryFolder();
    writeFiles(folder, 30, { gzip });
    const { train, validation, openTest } = await openFashionMnistFiles(folder);
    expect([train.length, validation.length]).toEqual([27, 3]);
    const test = await openTest();
    expect([...test.image(1)]).toEqual([4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7]);
    expect(test.caption(1)).toBe("Dress");
  });

  test("that lacks a file is refused before training, also for the test's", async () => {
    const folder = temporaryFolder();
    writeFiles(folder, 30);
    rmSync(join(folder, "t10k-labels-idx1-ubyte"));
    await expect(openFashionMnistFiles(folder)).rejects.toThrow(
      /expected t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz, found neither\n.*dataset-fashion-mnist/,
    );
  });

  test("with a label that means nothing is refused", async () => {
    const folder = temporaryFolder();
    writeFiles(folder, 30, { label: 10 });
    await expect(openFashionMnistFiles(folder)).rejects.toThrow(
      `${join(folder, "train-labels-idx1-ubyte")}: label 10 of picture 0 is out of range; expected 0 to 9`,
    );
  });

  test("with labels of other pictures is refused", async () => {
    const folder = temporaryFolder();
    writeFiles(folder, 30);
    const other = temporaryFolder();
    writeFiles(other, 20);
    copyFileSync(join(other, "train-labels-idx1-ubyte"), join(folder, "train-labels-idx1-ubyte"));
    await expect(openFashionMnistFiles(folder)).rejects.toThrow("expected 30 labels, one for each picture, found 20");
  });
});
