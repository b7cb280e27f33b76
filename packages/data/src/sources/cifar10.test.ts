import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCifar10 } from "./cifar10.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-cifar-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder with `records` records in each of the six files; pixel p of plane c has the value (p + 50 c) mod 256. */
function writeFiles(records: number, label = 7): string {
  const folder = temporaryFolder();
  const record = [label, ...Array.from({ length: 3072 }, (_, at) => ((at % 1024) + 50 * Math.floor(at / 1024)) % 256)];
  const contents = Uint8Array.from(Array.from({ length: records }, () => record).flat());
  for (const name of ["1", "2", "3", "4", "5"]) writeFileSync(join(folder, `data_batch_${name}.bin`), contents);
  writeFileSync(join(folder, "test_batch.bin"), contents);
  return folder;
}

describe("CIFAR-10", () => {
  test("is read from five files and one, planes made into pixels, a tenth held out", async () => {
    const { train, validation, openTest, classes } = await openCifar10(writeFiles(4));
    const test = await openTest();
    expect([train.length, validation.length, test.length]).toEqual([18, 2, 4]);
    expect(classes).toHaveLength(10);
    expect(test.caption(3)).toBe("horse");
    const image = test.image(3);
    expect(image.length).toBe(32 * 32 * 3);
    expect([...image.subarray(0, 6)]).toEqual([0, 50, 100, 1, 51, 101]);
  });

  test.each(["data_batch_4.bin", "test_batch.bin"])("without %s is refused before training", async (name) => {
    const folder = writeFiles(1);
    rmSync(join(folder, name));
    await expect(openCifar10(folder)).rejects.toThrow(`${folder}: expected ${name}, found no such file`);
  });

  test("with a file cut short is refused", async () => {
    const folder = writeFiles(2);
    const file = join(folder, "data_batch_2.bin");
    truncateSync(file, 6000);
    await expect(openCifar10(folder)).rejects.toThrow(
      `${file}: expected whole records of 3073 bytes, found 6000 bytes (1.95 records)`,
    );
  });

  test("with an empty file is refused", async () => {
    const folder = writeFiles(2);
    truncateSync(join(folder, "test_batch.bin"), 0);
    const splits = await openCifar10(folder);
    await expect(splits.openTest()).rejects.toThrow("expected whole records of 3073 bytes, found 0 bytes");
  });

  test("with a label that means nothing is refused, naming its file", async () => {
    const folder = writeFiles(2);
    const contents = new Uint8Array(2 * 3073);
    contents[3073] = 10;
    writeFileSync(join(folder, "data_batch_3.bin"), contents);
    await expect(openCifar10(folder)).rejects.toThrow(
      `${join(folder, "data_batch_3.bin")}: label 10 of picture 1 is out of range; expected 0 to 9`,
    );
  });
});
