// Sheets: many small pictures of one size side by side in one lossless WebP file, with the hash of their pixels.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { z } from "zod";
import type { PixelStore } from "../dataset.ts";
import { DatasetError } from "../errors.ts";
import { readDatasetFile } from "./read-file.ts";

export interface PictureFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** One sheet: picture i is the tile at row floor(i / columns), column i mod columns. */
export interface Sheet {
  readonly file: string;
  readonly count: number;
  readonly columns: number;
  /** SHA-256 of the pictures' bytes [count, height, width, channels]. */
  readonly sha256: string;
}

export const pictureFormatSchema: z.ZodType<PictureFormat> = z.object({
  height: z.int().positive(),
  width: z.int().positive(),
  channels: z.literal([1, 3]),
});

export const sheetSchema: z.ZodType<Sheet> = z.object({
  file: z.string(),
  count: z.int().positive(),
  columns: z.int().positive(),
  sha256: z.string(),
});

const RESTORE = "restore the file from the repository: git checkout -- packages/data/embedded";

/**
 * Decodes a sheet into `store`, from picture `first` on.
 *
 * @throws DatasetError if the file is missing, does not decode, has another size, or holds other pixels than its hash says.
 */
export async function readSheet(folder: string, sheet: Sheet, store: PixelStore, first: number): Promise<void> {
  const file = join(folder, sheet.file);
  const tiles = await decode(file, await readDatasetFile(file, RESTORE));
  const { height, width, channels } = store;
  const expectedWidth = sheet.columns * width;
  const expectedHeight = Math.ceil(sheet.count / sheet.columns) * height;
  if (tiles.width !== expectedWidth || tiles.height !== expectedHeight) {
    throw new DatasetError(
      `${file}: expected ${expectedWidth} x ${expectedHeight} pixels, found ${tiles.width} x ${tiles.height}`,
      { hint: RESTORE },
    );
  }
  const imageBytes = height * width * channels;
  const pictures = store.bytes.subarray(first * imageBytes, (first + sheet.count) * imageBytes);
  copyTiles(sheet, store, (tileStart, pictureStart, pixels) => {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        pictures[(pictureStart + pixel) * channels + channel] = tiles.rgb[(tileStart + pixel) * 3 + channel] ?? 0;
      }
    }
  });
  const sha256 = hashOf(pictures);
  if (sha256 !== sheet.sha256) {
    throw new DatasetError(`${file}: expected pixels with SHA-256 ${sheet.sha256}, found ${sha256}`, { hint: RESTORE });
  }
}

/** Writes pictures [count, height, width, channels] as a sheet into `folder`. */
export async function writeSheet(
  folder: string,
  file: string,
  pictures: Uint8Array,
  format: PictureFormat,
  columns: number,
): Promise<Sheet> {
  const { height, width, channels } = format;
  const count = pictures.length / (height * width * channels);
  const sheet: Sheet = { file, count, columns, sha256: hashOf(pictures) };
  const rows = Math.ceil(count / columns);
  const tiles = new Uint8Array(rows * height * columns * width * channels);
  copyTiles(sheet, format, (tileStart, pictureStart, pixels) => {
    const row = pictures.subarray(pictureStart * channels, (pictureStart + pixels) * channels);
    tiles.set(row, tileStart * channels);
  });
  const webp = await sharp(tiles, { raw: { width: columns * width, height: rows * height, channels } })
    .webp({ lossless: true, effort: 6 })
    .toBuffer();
  await writeFile(join(folder, file), webp);
  return sheet;
}

/** Calls `copy` for each row of each picture with the pixel it starts at in the sheet and among the pictures, and its length. */
function copyTiles(
  sheet: Sheet,
  { height, width }: PictureFormat,
  copy: (tileStart: number, pictureStart: number, pixels: number) => void,
): void {
  for (let picture = 0; picture < sheet.count; picture++) {
    const top = Math.floor(picture / sheet.columns) * height;
    const left = (picture % sheet.columns) * width;
    for (let y = 0; y < height; y++) {
      copy((top + y) * sheet.columns * width + left, (picture * height + y) * width, width);
    }
  }
}

interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

async function decode(file: string, contents: Buffer): Promise<DecodedImage> {
  try {
    const { data, info } = await sharp(contents, { failOn: "warning" })
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: data };
  } catch (cause) {
    throw new DatasetError(`${file}: expected a whole WebP image, found "${(cause as Error).message}"`, {
      hint: RESTORE,
      cause,
    });
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
