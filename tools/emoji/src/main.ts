// node dist/main.js: writes the embedded emoji from the icon sets of npm. The same versions give the same sheets.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type EmojiEntry, type EmojiIndex, type EmojiSheet, writeSheet, writeSheetIndex } from "@tandem/data";
import { groupBySharedKeys, neutralCodePoints } from "./concepts.ts";
import { loadEmoji } from "./emoji.ts";
import { loadIconSets, STYLES, type Style } from "./icon-sets.ts";
import { renderIcon, TILE_SIDE } from "./render.ts";
import { type Drawing, type Selection, selectDrawings } from "./selection.ts";

interface Tile extends Drawing {
  readonly pixels: Uint8Array;
}

const COLUMNS = 40;
const FORMAT = { height: TILE_SIDE, width: TILE_SIDE, channels: 3 } as const;

const target = fileURLToPath(new URL("../../../packages/data/embedded/emoji/", import.meta.url));

async function writeStyle(style: Style, tiles: readonly Tile[], { emoji }: Selection): Promise<EmojiSheet> {
  const own = tiles.filter((tile) => tile.style === style);
  const pictures = Buffer.concat(own.map((tile) => tile.pixels));
  const sheet = await writeSheet(target, `${style}.webp`, pictures, FORMAT, COLUMNS);
  return { style, ...sheet, emoji: own.map((tile) => emoji.indexOf(tile.emoji)) };
}

/** Emoji are of one concept if they differ in gender or direction only, or if a style draws them alike to the pixel. */
function entriesOf({ emoji, classes }: Selection, tiles: readonly Tile[]): EmojiEntry[] {
  const groups = groupBySharedKeys(
    emoji.map((one) => [
      neutralCodePoints(one.codePoints),
      ...tiles
        .filter((tile) => tile.emoji === one)
        .map(({ style, pixels }) => `${style} ${createHash("sha256").update(pixels).digest("hex")}`),
    ]),
  );
  return emoji.map((one, index) => ({
    codePoints: one.codePoints,
    name: one.name,
    label: classes.indexOf(one.subcategory),
    concept: neutralCodePoints(emoji[groups[index] ?? index]?.codePoints ?? one.codePoints),
  }));
}

const sets = loadIconSets();
const selection = selectDrawings(loadEmoji(), sets);
const tiles: Tile[] = [];
for (const drawing of selection.drawings) {
  tiles.push({ ...drawing, pixels: await renderIcon(sets[drawing.style], drawing.icon) });
}

await mkdir(target, { recursive: true });
const sheets: EmojiSheet[] = [];
for (const style of STYLES) sheets.push(await writeStyle(style, tiles, selection));
const index: EmojiIndex = {
  version: 1,
  source:
    "Noto Emoji, Noto Emoji v1 (Apache-2.0), Fluent Emoji (MIT), Twemoji (CC-BY-4.0); names by emoji-datasource (MIT)",
  format: FORMAT,
  classes: selection.classes,
  sheets,
  emoji: entriesOf(selection, tiles),
};
await writeSheetIndex(target, index);
console.log(
  `${index.classes.length} classes; ${sheets.map(({ style, count }) => `${style} ${count}`).join(", ")}; in ${target}`,
);
