// Which emoji become pictures, and of which class.
import type { Emoji } from "./emoji.ts";
import { type IconSets, iconFor, STYLES, type Style } from "./icon-sets.ts";

/** An emoji as one style draws it. */
export interface Drawing {
  readonly style: Style;
  readonly emoji: Emoji;
  readonly icon: string;
}

export interface Selection {
  /** The subcategories with enough pictures, in alphabetical order. */
  readonly classes: readonly string[];
  /** Class by class, and in Unicode's order within each: alike neighbours make smaller sheets. */
  readonly emoji: readonly Emoji[];
  readonly drawings: readonly Drawing[];
}

/** A subcategory needs this many pictures, over all styles, to be a class. */
const MINIMUM_PICTURES = 40;

export function selectDrawings(allEmoji: readonly Emoji[], sets: IconSets): Selection {
  const candidates = allEmoji.flatMap((emoji) => drawingsOf(emoji, sets));
  const counts = new Map<string, number>();
  for (const { emoji } of candidates) counts.set(emoji.subcategory, (counts.get(emoji.subcategory) ?? 0) + 1);
  const classes = [...counts.keys()].filter((name) => (counts.get(name) ?? 0) >= MINIMUM_PICTURES).sort();
  const drawings = candidates
    .filter(({ emoji }) => classes.includes(emoji.subcategory))
    .sort((a, b) => classes.indexOf(a.emoji.subcategory) - classes.indexOf(b.emoji.subcategory));
  return { classes, emoji: [...new Set(drawings.map(({ emoji }) => emoji))], drawings };
}

function drawingsOf(emoji: Emoji, sets: IconSets): Drawing[] {
  return STYLES.flatMap((style) => {
    const icon = iconFor(emoji, style, sets);
    return icon === undefined ? [] : [{ style, emoji, icon }];
  });
}
