// The four icon sets and which icon of each shows a given emoji.
import { createRequire } from "node:module";
import type { IconifyJSON } from "@iconify/types";
import type { Emoji } from "./emoji.ts";

export const STYLES = ["noto", "noto-v1", "fluent-emoji-flat", "twemoji"] as const;
export type Style = (typeof STYLES)[number];

export interface IconSet {
  readonly icons: IconifyJSON;
  /** Code points (without U+FE0F) to icon name; Noto v1 comes without such a table. */
  readonly characters: ReadonlyMap<string, string>;
}

export type IconSets = Readonly<Record<Style, IconSet>>;

const require = createRequire(import.meta.url);

export function loadIconSets(): IconSets {
  return {
    noto: iconSet(require("@iconify-json/noto/icons.json"), require("@iconify-json/noto/chars.json")),
    "noto-v1": iconSet(require("@iconify-json/noto-v1/icons.json"), {}),
    "fluent-emoji-flat": iconSet(
      require("@iconify-json/fluent-emoji-flat/icons.json"),
      require("@iconify-json/fluent-emoji-flat/chars.json"),
    ),
    twemoji: iconSet(require("@iconify-json/twemoji/icons.json"), require("@iconify-json/twemoji/chars.json")),
  };
}

function iconSet(icons: IconifyJSON, characters: Readonly<Record<string, string>>): IconSet {
  return {
    icons,
    characters: new Map(Object.entries(characters).map(([codePoints, name]) => [plainCodePoints(codePoints), name])),
  };
}

/** Lower case, without the variation selector that only asks for colour. */
function plainCodePoints(codePoints: string): string {
  return codePoints.toLowerCase().replaceAll("-fe0f", "");
}

/**
 * The icon of `style` that shows `emoji`: the one its set files under these code points, else one of the name that another
 * set gives them, else one of Unicode's or emoji-datasource's name.
 */
export function iconFor(emoji: Emoji, style: Style, sets: IconSets): string | undefined {
  const codePoints = plainCodePoints(emoji.codePoints);
  const { icons, characters } = sets[style];
  const filed = characters.get(codePoints);
  if (filed !== undefined) return filed;
  const namesElsewhere = STYLES.map((other) => sets[other].characters.get(codePoints) ?? "");
  const candidates = [...namesElsewhere, ...[emoji.name, ...emoji.shortNames].map(iconName)];
  return candidates.find((name) => name in icons.icons || name in (icons.aliases ?? {}));
}

function iconName(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
