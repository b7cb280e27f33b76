import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DatasetError } from "./errors.ts";
import { KNOWN_DATASETS, openDataset } from "./open.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-open-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("opening a dataset by name", () => {
  test("finds the embedded ones", async () => {
    expect((await openDataset("fashion-mnist")).name).toBe("fashion-mnist");
    expect((await openDataset("emoji")).name).toBe("emoji");
  });

  test.each([
    [
      "imagenet",
      'unknown dataset "imagenet"; the known ones are fashion-mnist, fashion-mnist-full, emoji, emoji-concepts, cifar10',
    ],
    ["imagenet=/data", 'unknown dataset "imagenet"'],
    ["", 'unknown dataset ""'],
    ["constructor", 'unknown dataset "constructor"'],
    ["emoji=/data", 'dataset "emoji" takes no folder, found "=/data"'],
    ["cifar10", 'dataset "cifar10" expects a folder, found none'],
    ["fashion-mnist=", 'dataset "fashion-mnist" expects a folder, found none'],
    ["cifar10=/nowhere", "/nowhere: expected data_batch_1.bin, found no such file"],
    [
      "fashion-mnist=/nowhere",
      "/nowhere: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found neither",
    ],
  ])("refuses %j", async (specifier, message) => {
    await expect(openDataset(specifier)).rejects.toThrow(DatasetError);
    await expect(openDataset(specifier)).rejects.toThrow(message);
  });

  test("takes a relative folder from where the user stands", async () => {
    const folder = temporaryFolder();
    await expect(openDataset(`cifar10=${basename(folder)}`, { workingFolder: dirname(folder) })).rejects.toThrow(
      `${folder}: expected data_batch_1.bin`,
    );
  });

  test("can be explained", () => {
    expect(KNOWN_DATASETS.map(({ usage }) => usage)).toContain("cifar10=DIR");
  });
});
