import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../dataset.ts";
import type { DatasetSplits } from "../splits.ts";
import { embeddedFolder } from "./embedded.ts";
import { assignConcepts, type EmojiIndex, openEmoji, openEmojiConcepts } from "./emoji.ts";

const index: EmojiIndex = JSON.parse(readFileSync(join(embeddedFolder("emoji"), "index.json"), "utf8"));

function captions(dataset: Dataset): string[] {
  return Array.from({ length: dataset.length }, (_, picture) => dataset.caption(picture));
}

function classesIn({ labels }: Dataset): number {
  return new Set(labels).size;
}

describe("emoji", () => {
  let splits: DatasetSplits;
  beforeAll(async () => {
    splits = await openEmoji();
  });

  test("has 54 classes and 3,703 pictures to learn from, a tenth of which validate", () => {
    expect(splits.classes).toHaveLength(54);
    expect([splits.train.length, splits.validation.length]).toEqual([3_333, 370]);
    for (const part of [splits.train, splits.validation]) {
      expect(captions(part).some((caption) => caption.endsWith("(twemoji)"))).toBe(false);
    }
  });

  test("is tested on 1,365 pictures of another hand", async () => {
    expect(splits.testOpened).toBe(false);
    const test = await splits.openTest();
    expect(test.length).toBe(1_365);
    expect(classesIn(test)).toBe(54);
    expect(captions(test).every((caption) => caption.endsWith("(twemoji)"))).toBe(true);
  });

  test("is drawn in colour on white", () => {
    const { height, width, pixels } = splits.train;
    expect([height, width, pixels.channels]).toEqual([64, 64, 3]);
    // A corner of most pictures is paper.
    let white = 0;
    for (let picture = 0; picture < splits.train.length; picture++) {
      if (
        splits.train
          .image(picture)
          .subarray(0, 3)
          .every((value) => value === 255)
      )
        white += 1;
    }
    expect(white / splits.train.length).toBeGreaterThan(0.8);
  });
});

describe("emoji by concepts", () => {
  test("has every picture in one part, and every class in each", async () => {
    const { train, validation, openTest } = await openEmojiConcepts();
    const parts = [train, validation, await openTest()];
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(3_703 + 1_365);
    for (const part of parts) expect(classesIn(part)).toBe(54);
  });

  test("splits no concept: neither the two sexes of one activity, nor two emoji with one picture", () => {
    const splitOf = assignConcepts(index.emoji);
    const splitOfName = (name: string) => splitOf.get(index.emoji.find((entry) => entry.name === name)?.concept ?? "");
    expect(splitOfName("woman running")).toBe(splitOfName("man running"));
    expect(splitOfName("family: man, woman, boy")).toBe(splitOfName("family: woman, woman, girl"));
    expect(splitOf.size).toBe(new Set(index.emoji.map(({ concept }) => concept)).size);
  });
});
