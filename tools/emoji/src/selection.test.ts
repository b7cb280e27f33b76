import { readFileSync } from "node:fs";
import type { EmojiIndex } from "@tandem/data";
import { describe, expect, test } from "vitest";
import { loadEmoji } from "./emoji.ts";
import { loadIconSets, STYLES } from "./icon-sets.ts";
import { renderIcon } from "./render.ts";
import { selectDrawings } from "./selection.ts";

const sets = loadIconSets();
const selection = selectDrawings(loadEmoji(), sets);
const embedded = new URL("../../../packages/data/embedded/emoji/index.json", import.meta.url);
const index: EmojiIndex = JSON.parse(readFileSync(embedded, "utf8"));

describe("the selected drawings", () => {
  test("are 3,703 in three styles and 1,365 in the fourth, in 54 classes", () => {
    const counts = STYLES.map((style) => selection.drawings.filter((drawing) => drawing.style === style).length);
    expect(selection.classes).toHaveLength(54);
    expect(counts).toEqual([1_365, 1_015, 1_323, 1_365]);
  });

  test("leave out flags, components and skin tones", () => {
    expect(selection.classes.some((name) => /flag|component|skin/i.test(name))).toBe(false);
    expect(selection.emoji.some(({ codePoints }) => /1F3F[B-F]/.test(codePoints))).toBe(false);
  });

  test("show each emoji once in a style", () => {
    const seen = new Set(selection.drawings.map(({ style, emoji }) => `${style} ${emoji.codePoints}`));
    expect(seen.size).toBe(selection.drawings.length);
  });

  test("are those of the embedded index", () => {
    expect(index.classes).toEqual(selection.classes);
    expect(index.emoji.map(({ codePoints }) => codePoints)).toEqual(
      selection.emoji.map(({ codePoints }) => codePoints),
    );
  });
});

describe("a rendered icon", () => {
  test.each(STYLES)("of %s is 64x64 RGB on white", async (style) => {
    const drawing = selection.drawings.find(
      (candidate) => candidate.style === style && candidate.emoji.name === "balloon",
    );
    const pixels = await renderIcon(sets[style], drawing?.icon ?? "");
    expect(pixels.length).toBe(64 * 64 * 3);
    expect([...pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
    // Each style has a red balloon.
    const centre = (32 * 64 + 32) * 3;
    expect(pixels[centre] ?? 0).toBeGreaterThan((pixels[centre + 1] ?? 0) + 50);
  });

  test("comes out the same again", async () => {
    const icon = selection.drawings.find(({ style }) => style === "noto-v1")?.icon ?? "";
    expect(await renderIcon(sets["noto-v1"], icon)).toEqual(await renderIcon(sets["noto-v1"], icon));
  });

  test("that does not exist is named", async () => {
    await expect(renderIcon(sets.noto, "no-such-icon")).rejects.toThrow("noto has no icon no-such-icon");
  });
});
