import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { readSheetIndex, writeSheetIndex } from "./sheet-index.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-index-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const schema = z.object({
  version: z.literal(1),
  classes: z.array(z.string()),
  emoji: z.array(z.object({ label: z.int() })),
});
const index = { version: 1 as const, classes: ["a", "b"], emoji: [{ label: 1 }, { label: 0 }] };

function folderWith(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "index.json"), text);
  return folder;
}

describe("the index of sheets", () => {
  test("is read as it was written", async () => {
    const folder = temporaryFolder();
    await writeSheetIndex(folder, index);
    expect(await readSheetIndex(folder, schema)).toEqual(index);
  });

  test("has a line for each property and each entry", async () => {
    const folder = temporaryFolder();
    await writeSheetIndex(folder, index);
    expect(readFileSync(join(folder, "index.json"), "utf8").split("\n")).toEqual([
      "{",
      '  "version": 1,',
      '  "classes": ["a","b"],',
      '  "emoji": [',
      '    {"label":1},',
      '    {"label":0}',
      "  ]",
      "}",
      "",
    ]);
  });

  test.each([
    ["is cut short", '{ "version": 1, "classes": ['],
    ["lacks a property", '{ "version": 1, "classes": [] }'],
    ["has another version", '{ "version": 2, "classes": [], "emoji": [] }'],
  ])("that %s is refused", async (_, text) => {
    const folder = folderWith(text);
    await expect(readSheetIndex(folder, schema)).rejects.toThrow(
      `${join(folder, "index.json")}: expected an index of sheets, found `,
    );
  });

  test("that is missing is named", async () => {
    await expect(readSheetIndex("/nowhere", schema)).rejects.toThrow("/nowhere/index.json: expected a file");
  });
});
