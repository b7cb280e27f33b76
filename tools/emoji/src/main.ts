// node dist/main.js: writes the embedded emoji from the icon sets of npm. The same versions give the same sheets.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type EmojiEntry, type EmojiIndex, type EmojiSheet, writeSheet, writeSheetIndex } from "@tandem/data";
import { groupBySharedKeys, neutralCodePoints } from "./concepts.ts";
import { type Emoji, loadEmoji } from "./emoji.ts";
import { iconFor, loadIconSets, STYLES, type Style } from "./icon-sets.ts";
import { renderIcon, TILE_SIDE } from "./render.ts";

/** A subcategory needs this many pictures, over all styles, to be a class. */
const MINIMUM_PICTURES = 40;
const COLUMNS = 40;

interface Drawing {
  readonly style: Style;
  readonly emoji: Emoji;
  readonly icon: string;
}

interface Tile extends Drawing {
  readonly pixels: Uint8Array;
}

const target = fileURLToPath(new URL("../../../packages/data/embedded/emoji/", import.meta.url));
const sets = loadIconSets();

function drawingsOf(emoji: Emoji): Drawing[] {
  return STYLES.flatMap((style) => {
    const icon = iconFor(emoji, style, sets);
    return icon === undefined ? [] : [{ style, emoji, icon }];
  });
}

/** The subcategories with enough pictures, in alphabetical order. */
function classesOf(drawings: readonly Drawing[]): string[] {
  const counts = new Map<string, number>();
  for (const { emoji } of drawings) counts.set(emoji.subcategory, (counts.get(emoji.subcategory) ?? 0) + 1);
  return [...counts.keys()].filter((name) => (counts.get(name) ?? 0) >= MINIMUM_PICTURES).sort();
}

function entriesOf(emoji: readonly Emoji[], classes: readonly string[], tiles: readonly Tile[]): EmojiEntry[] {
  const hashes = new Map<Emoji, string[]>();
  for (const { emoji, style, pixels } of tiles) {
    const hash = createHash("sha256").update(pixels).digest("hex");
    hashes.set(emoji, [...(hashes.get(emoji) ?? []), `${style} ${hash}`]);
  }
  const groups = groupBySharedKeys(emoji.map((one) => [neutralCodePoints(one.codePoints), ...(hashes.get(one) ?? [])]));
  return emoji.map((one, index) => ({
    codePoints: one.codePoints,
    name: one.name,
    label: classes.indexOf(one.subcategory),
    concept: neutralCodePoints(emoji[groups[index] ?? index]?.codePoints ?? one.codePoints),
  }));
}

async function writeStyle(style: Style, tiles: readonly Tile[], emoji: readonly Emoji[]): Promise<EmojiSheet> {
  const own = tiles.filter((tile) => tile.style === style);
  const pictures = Buffer.concat(own.map((tile) => tile.pixels));
  const format = { height: TILE_SIDE, width: TILE_SIDE, channels: 3 } as const;
  const sheet = await writeSheet(target, `${style}.webp`, pictures, format, COLUMNS);
  return { style, ...sheet, emoji: own.map((tile) => emoji.indexOf(tile.emoji)) };
}

const allDrawings = loadEmoji().flatMap(drawingsOf);
const classes = classesOf(allDrawings);
const drawings = allDrawings.filter(({ emoji }) => classes.includes(emoji.subcategory));
// Pictures of one class lie together: alike neighbours make smaller sheets.
const emoji = [...new Set(drawings.map((drawing) => drawing.emoji))].sort(
  (a, b) => classes.indexOf(a.subcategory) - classes.indexOf(b.subcategory) || a.order - b.order,
);
const tiles: Tile[] = [];
for (const one of emoji) {
  for (const drawing of drawings.filter((candidate) => candidate.emoji === one)) {
    tiles.push({ ...drawing, pixels: await renderIcon(sets[drawing.style], drawing.icon) });
  }
}

await mkdir(target, { recursive: true });
const sheets: EmojiSheet[] = [];
for (const style of STYLES) sheets.push(await writeStyle(style, tiles, emoji));
const index: EmojiIndex = {
  version: 1,
  source:
    "Noto Emoji, Noto Emoji v1 (Apache-2.0), Fluent Emoji (MIT), Twemoji (CC-BY-4.0); names by emoji-datasource (MIT)",
  format: { height: TILE_SIDE, width: TILE_SIDE, channels: 3 },
  classes,
  sheets,
  emoji: entriesOf(emoji, classes, tiles),
};
await writeSheetIndex(target, index);
console.log(
  `${classes.length} classes; ${sheets.map(({ style, count }) => `${style} ${count}`).join(", ")}; in ${target}`,
);
