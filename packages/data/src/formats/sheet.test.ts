import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { allocatePixels, type PixelStore } from "../dataset.ts";
import { DatasetError } from "../errors.ts";
import { type PictureFormat, readSheet, type Sheet, writeSheet } from "./sheet.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-sheet-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(sheet: Sheet, format: PictureFormat): Promise<PixelStore> {
  const store = allocatePixels(sheet.count, format.height, format.width, format.channels);
  await readSheet(folder, sheet, store, 0);
  return store;
}

const format = { height: 2, width: 3, channels: 3 } as const;
const pictures = Uint8Array.from({ length: 5 * 18 }, (_, index) => (index * 37) % 256);

describe("a sheet", () => {
  test("gives back each byte it was made of", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          count: fc.integer({ min: 1, max: 12 }),
          columns: fc.integer({ min: 1, max: 5 }),
          height: fc.integer({ min: 1, max: 6 }),
          width: fc.integer({ min: 1, max: 6 }),
          channels: fc.constantFrom(1 as const, 3 as const),
          seed: fc.integer({ min: 1, max: 250 }),
        }),
        async ({ count, columns, seed, ...size }) => {
          const bytes = Uint8Array.from(
            { length: count * size.height * size.width * size.channels },
            (_, index) => (index * index * seed) % 256,
          );
          const sheet = await writeSheet(folder, "property.webp", bytes, size, columns);
          expect([...(await read(sheet, size)).bytes]).toEqual([...bytes]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("is read into its place among others", async () => {
    const sheet = await writeSheet(folder, "place.webp", pictures.subarray(0, 18), format, 1);
    const store = allocatePixels(3, 2, 3, 3);
    await readSheet(folder, sheet, store, 1);
    expect([...store.bytes]).toEqual([...new Uint8Array(18), ...pictures.subarray(0, 18), ...new Uint8Array(18)]);
  });

  test("that is cut short is refused", async () => {
    const sheet = await writeSheet(folder, "cut.webp", pictures, format, 2);
    const file = join(folder, "cut.webp");
    const whole = readFileSync(file);
    for (const length of [0, 10, Math.floor(whole.length / 2), whole.length - 2]) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(read(sheet, format)).rejects.toThrow(DatasetError);
      await expect(read(sheet, format)).rejects.toThrow(`${file}: expected a whole WebP image, found "`);
    }
  });

  test("with a byte changed is refused", async () => {
    const sheet = await writeSheet(folder, "changed.webp", pictures, format, 2);
    const file = join(folder, "changed.webp");
    const whole = readFileSync(file);
    for (let position = 0; position < whole.length; position++) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] ?? 0) ^ 0x10;
      writeFileSync(file, changed);
      const outcome = await read(sheet, format).then(
        ({ bytes }) => [...bytes],
        (error: unknown) => error,
      );
      // A few bits of a WebP file mean nothing: with those changed, the pictures must be whole.
      if (Array.isArray(outcome)) expect(outcome).toEqual([...pictures]);
      else expect(outcome).toBeInstanceOf(DatasetError);
    }
  });

  test("that holds other pixels than its index says is refused", async () => {
    const sheet = await writeSheet(folder, "other.webp", pictures, format, 2);
    const wrong = { ...sheet, sha256: "0".repeat(64) };
    await expect(read(wrong, format)).rejects.toThrow(
      `${join(folder, "other.webp")}: expected pixels with SHA-256 ${wrong.sha256}, found ${sheet.sha256}`,
    );
  });

  test("of another size than its index says is refused", async () => {
    const sheet = await writeSheet(folder, "size.webp", pictures, format, 2);
    await expect(read({ ...sheet, columns: 3 }, format)).rejects.toThrow("expected 9 x 4 pixels, found 6 x 6");
  });

  test("that is missing is named, with what to do", async () => {
    const sheet = { file: "missing.webp", count: 1, columns: 1, sha256: "" };
    await expect(read(sheet, format)).rejects.toThrow(
      /missing\.webp: expected a file of the dataset, found no such file\n.*git checkout/,
    );
  });
});
