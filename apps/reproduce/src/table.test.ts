import { describe, expect, test } from "vitest";
import { markdownTable, plainTable, type Table } from "./table.ts";

const table: Table = {
  caption: "Errors in %",
  columns: ["", "paper", "here"],
  rows: [
    ["SIFT | FV", "45.7", "-"],
    ["CNN", "37.5", "12.9 (12.7-13.4)"],
  ],
};

describe("a table", () => {
  test("is aligned on a terminal", () => {
    expect(plainTable(table)).toBe(
      [
        "Errors in %",
        "",
        "           paper              here",
        "SIFT | FV   45.7                 -",
        "CNN         37.5  12.9 (12.7-13.4)",
      ].join("\n"),
    );
  });

  test("is a table in Markdown, whatever its cells hold", () => {
    expect(markdownTable(table)).toBe(
      [
        "**Errors in %**",
        "",
        "|            | paper |             here |",
        "| --- | ---: | ---: |",
        "| SIFT \\| FV |  45.7 |                - |",
        "| CNN        |  37.5 | 12.9 (12.7-13.4) |",
      ].join("\n"),
    );
  });
});
