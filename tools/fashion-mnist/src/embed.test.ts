import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { embedFashionMnist } from "./embed.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-embed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** IDX files with 2,500 pictures of 2 x 2 pixels in each split. */
function writeFiles(): string {
  const folder = temporaryFolder();
  const count = 2_500;
  const size = [0, 0, count >> 8, count & 255];
  for (const prefix of ["train", "t10k"]) {
    const pixels = Array.from({ length: count * 4 }, (_, index) => (index * 7) % 256);
    const images = [0, 0, 8, 3, ...size, 0, 0, 0, 2, 0, 0, 0, 2, ...pixels];
    writeFileSync(join(folder, `${prefix}-images-idx3-ubyte`), Uint8Array.from(images));
    const labels = [0, 0, 8, 1, ...size, ...Array.from({ length: count }, (_, index) => index % 10)];
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), Uint8Array.from(labels));
  }
  return folder;
}

test("the sheets hold the first pictures with their labels, and come out the same again", async () => {
  const source = writeFiles();
  const target = temporaryFolder();
  const index = await embedFashionMnist(source, target, { train: 2_100, test: 30 });
  expect(index.sheets.map(({ file, count }) => [file, count])).toEqual([
    ["train-00.webp", 2_000],
    ["train-01.webp", 100],
    ["test-00.webp", 30],
  ]);
  expect(index.sheets[2]?.labels).toEqual(Array.from({ length: 30 }, (_, label) => label % 10));

  const again = temporaryFolder();
  await embedFashionMnist(source, again, { train: 2_100, test: 30 });
  for (const file of readdirSync(target)) {
    expect(readFileSync(join(again, file)).equals(readFileSync(join(target, file)))).toBe(true);
  }
});

test("files with too few pictures are refused", async () => {
  const target = temporaryFolder();
  await expect(embedFashionMnist(writeFiles(), target, { train: 3_000, test: 1 })).rejects.toThrow(
    "expected 3000 pictures, found 2500",
  );
});
