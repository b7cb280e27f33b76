import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { DatasetError } from "../errors.ts";
import { parseIdx, readIdx } from "./idx.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-idx-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Two pictures of 1 x 3 pixels. */
const IMAGES = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

function write(name: string, contents: Uint8Array): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, contents);
  return file;
}

describe("an IDX file", () => {
  test.each([
    ["plain", Uint8Array.from(IMAGES)],
    ["gzipped", gzipSync(Uint8Array.from(IMAGES))],
  ])("is read %s", async (_, contents) => {
    const { shape, bytes } = await readIdx(write("images", contents), 3);
    expect(shape).toEqual([2, 1, 3]);
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    {
      what: "empty",
      contents: [],
      rank: 3,
      message: "images: expected an IDX header of 16 bytes, found 0",
    },
    {
      what: "cut in its header",
      contents: IMAGES.slice(0, 10),
      rank: 3,
      message: "images: expected an IDX header of 16 bytes, found 10",
    },
    {
      what: "cut in its pictures",
      contents: IMAGES.slice(0, -1),
      rank: 3,
      message: "images: expected 6 bytes for [2, 1, 3] after the header, found 5",
    },
    {
      what: "longer than its header says",
      contents: [...IMAGES, 7],
      rank: 3,
      message: "images: expected 6 bytes for [2, 1, 3] after the header, found 7",
    },
    {
      what: "of pictures where labels are expected",
      contents: IMAGES,
      rank: 1,
      message: "images: expected the magic number 0x00000801 (IDX, unsigned bytes, 1 dimensions), found 0x00000803",
    },
    {
      what: "of something else",
      contents: [0x89, 0x50, 0x4e, 0x47, ...IMAGES],
      rank: 3,
      message: "found 0x89504e47",
    },
  ])("$what is refused", ({ contents, rank, message }) => {
    const parse = () => parseIdx(Uint8Array.from(contents), rank, "images");
    expect(parse).toThrow(DatasetError);
    expect(parse).toThrow(message);
    expect(parse).toThrow("get the file again");
  });

  test("cut while gzipped is refused", async () => {
    const packed = gzipSync(Uint8Array.from(IMAGES));
    const file = write("images.gz", packed.subarray(0, packed.length - 12));
    await expect(readIdx(file, 3)).rejects.toThrow(
      `${file}: expected a whole gzip file, found "unexpected end of file"`,
    );
  });

  test("that is missing is named, with what to do", async () => {
    await expect(readIdx("/nowhere/images", 3, "fetch it")).rejects.toThrow(
      /\/nowhere\/images: expected a file of the dataset, found no such file\n.*fetch it/,
    );
  });
});
