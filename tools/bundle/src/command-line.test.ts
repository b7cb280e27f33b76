import { parseOptions } from "trainer";
import { expect, test } from "vitest";
import { bundleCommand } from "./command-line.ts";

test("without arguments: small, and without Vulkan's loader", () => {
  expect(parseOptions(bundleCommand, [])).toEqual({
    kind: "run",
    operands: [],
    options: { withVulkan: false, preset: 6 },
  });
});

test("all of them", () => {
  const words = ["--out", "x.tar.gz", "--with-vulkan", "--preset", "0"];
  expect(parseOptions(bundleCommand, words)).toMatchObject({
    options: { out: "x.tar.gz", withVulkan: true, preset: 0 },
  });
});

test.each([
  [["--preset", "10"], "a whole number from 0 to 9"],
  [["--out", ""], "expected a file"],
  [["--vulkan"], "unknown option"],
  [["everything"], "too many arguments"],
])("%j is refused", (words, message) => {
  const parsed = parseOptions(bundleCommand, words);
  expect(parsed).toMatchObject({ kind: "text", exitCode: 2, text: expect.stringContaining(message) });
});
