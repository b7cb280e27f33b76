// The embedded emoji: 64x64 RGB pictures of the same things drawn by four hands, in the Unicode subcategories.
import { join } from "node:path";
import { z } from "zod";
import { allocatePixels, createDataset, type Dataset } from "../dataset.ts";
import { type PictureFormat, pictureFormatSchema, readSheet, type Sheet, sheetSchema } from "../formats/sheet.ts";
import { readSheetIndex } from "../formats/sheet-index.ts";
import { createSplits, type DatasetSplits, holdOut, holdOutOrder } from "../splits.ts";
import { embeddedFolder } from "./embedded.ts";

/** One emoji, whoever drew it. */
export interface EmojiEntry {
  /** Unicode code points in hexadecimal, joined by "-". */
  readonly codePoints: string;
  readonly name: string;
  /** Index into `classes`. */
  readonly label: number;
  /** Equal for emoji that show one thing: a woman, a man and a person running; two that share a picture. */
  readonly concept: string;
}

/** One sheet a style; `emoji` holds, for each picture, its index into the index's `emoji`. */
export interface EmojiSheet extends Sheet {
  readonly style: string;
  readonly emoji: readonly number[];
}

/** index.json of the embedded emoji. */
export interface EmojiIndex {
  readonly version: 1;
  readonly source: string;
  readonly format: PictureFormat;
  /** Unicode's "category/subcategory". */
  readonly classes: readonly string[];
  readonly sheets: readonly EmojiSheet[];
  readonly emoji: readonly EmojiEntry[];
}

const indexSchema: z.ZodType<EmojiIndex> = z.object({
  version: z.literal(1),
  source: z.string(),
  format: pictureFormatSchema,
  classes: z.array(z.string()),
  sheets: z.array(z.intersection(sheetSchema, z.object({ style: z.string(), emoji: z.array(z.int()) }))),
  emoji: z.array(z.object({ codePoints: z.string(), name: z.string(), label: z.int(), concept: z.string() })),
});

const TEST_STYLE = "twemoji";
/** Of the training pictures (or concepts), one in ten validates. */
const VALIDATION_SHARE = 0.1;
const TEST_CONCEPT_SHARE = 0.2;

/** Three styles for training and validation, the fourth for the test: the same things drawn by another hand. */
export async function openEmoji(folder: string = embeddedFolder("emoji")): Promise<DatasetSplits> {
  const index = await readSheetIndex(folder, indexSchema);
  const read = async (name: string, wanted: (sheet: EmojiSheet) => boolean): Promise<Dataset> =>
    toDataset(name, folder, index, await readPictures(folder, index, index.sheets.filter(wanted)));
  const pictures = await read("emoji, training styles", ({ style }) => style !== TEST_STYLE);
  return holdOut("emoji", pictures, Math.round(VALIDATION_SHARE * pictures.length), () =>
    read("emoji, test", ({ style }) => style === TEST_STYLE),
  );
}

type ConceptSplit = "train" | "validation" | "test";

/** All four styles in each part, but no concept in two of them: things never seen before, drawn by known hands. */
export async function openEmojiConcepts(folder: string = embeddedFolder("emoji")): Promise<DatasetSplits> {
  const index = await readSheetIndex(folder, indexSchema);
  const splitOf = assignConcepts(index.emoji);
  const select = (pictures: readonly EmojiPicture[], split: ConceptSplit): Dataset => {
    const chosen = pictures.filter(({ entry }) => splitOf.get(entry.concept) === split);
    return toDataset(`emoji-concepts, ${split}`, folder, index, chosen);
  };
  const pictures = await readPictures(folder, index, index.sheets);
  return createSplits("emoji-concepts", select(pictures, "train"), select(pictures, "validation"), async () =>
    select(await readPictures(folder, index, index.sheets), "test"),
  );
}

/** In each class, about a fifth of the concepts (at least one) go to the test and a tenth (at least one) to validation. */
export function assignConcepts(emoji: readonly EmojiEntry[]): ReadonlyMap<string, ConceptSplit> {
  const conceptsOfClass = new Map<number, Set<string>>();
  for (const { label, concept } of emoji) {
    conceptsOfClass.set(label, (conceptsOfClass.get(label) ?? new Set()).add(concept));
  }
  const splitOf = new Map<string, ConceptSplit>();
  for (const [label, concepts] of conceptsOfClass) {
    // A concept may lie in two classes; the first one decides.
    const names = [...concepts].filter((concept) => !splitOf.has(concept));
    const testCount = Math.max(1, Math.round(TEST_CONCEPT_SHARE * names.length));
    const validationCount = Math.max(1, Math.round(VALIDATION_SHARE * names.length));
    holdOutOrder(names.length, `emoji-concepts/${label}`).forEach((chosen, rank) => {
      const split = rank < testCount ? "test" : rank < testCount + validationCount ? "validation" : "train";
      splitOf.set(names[chosen] ?? "", split);
    });
  }
  return splitOf;
}

interface EmojiPicture {
  readonly style: string;
  readonly entry: EmojiEntry;
  readonly bytes: Uint8Array;
}

async function readPictures(
  folder: string,
  { format, emoji }: EmojiIndex,
  sheets: readonly EmojiSheet[],
): Promise<EmojiPicture[]> {
  const { height, width, channels } = format;
  const imageBytes = height * width * channels;
  const perSheet = await Promise.all(
    sheets.map(async (sheet) => {
      const pixels = allocatePixels(sheet.count, height, width, channels);
      await readSheet(folder, sheet, pixels, 0);
      return sheet.emoji.map((entryIndex, position) => ({
        style: sheet.style,
        entry: emoji[entryIndex] ?? missingEntry(entryIndex),
        bytes: pixels.bytes.subarray(position * imageBytes, (position + 1) * imageBytes),
      }));
    }),
  );
  return perSheet.flat();
}

/** An index past the table becomes a label that `createDataset` refuses. */
function missingEntry(index: number): EmojiEntry {
  return { codePoints: "", name: `emoji ${index}`, label: -1, concept: "" };
}

function toDataset(name: string, folder: string, index: EmojiIndex, pictures: readonly EmojiPicture[]): Dataset {
  const { height, width, channels } = index.format;
  const pixels = allocatePixels(pictures.length, height, width, channels);
  pictures.forEach(({ bytes }, position) => {
    pixels.bytes.set(bytes, position * height * width * channels);
  });
  return createDataset({
    name,
    classes: index.classes,
    pixels,
    labels: pictures.map(({ entry }) => entry.label),
    captions: pictures.map(({ entry, style }) => `${entry.name} (${style})`),
    labelFile: join(folder, "index.json"),
  });
}
