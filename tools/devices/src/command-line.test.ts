import { expect, test } from "vitest";
import { parseCommand } from "./command-line.ts";

test.each([
  [[], { kind: "list", format: "text" }],
  [["--json"], { kind: "list", format: "json" }],
  [["--help"], { kind: "text", exitCode: 0, text: expect.stringContaining("Usage: pnpm devices") }],
  [["-h", "--json"], { kind: "text", exitCode: 0, text: expect.stringContaining("--json") }],
  [["--yaml"], { kind: "text", exitCode: 2, text: expect.stringContaining("--yaml") }],
  [["gpu"], { kind: "text", exitCode: 2, text: expect.stringContaining("gpu") }],
])("%j", (argv, command) => {
  expect(parseCommand(argv)).toEqual(command);
});
