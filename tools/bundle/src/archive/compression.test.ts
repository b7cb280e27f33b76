import { describe, expect, test } from "vitest";
import { chooseCompression } from "./compression.ts";

/** Stand-ins: one that runs, and one that does not. */
const [here, missing] = ["true", "/no/such/xz"];

describe("the compression", () => {
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    [undefined, here, ".tar.xz"],
    [undefined, missing, ".tar.gz"],
    ["x.tar.gz", here, ".tar.gz"],
    ["x.tar.xz", here, ".tar.xz"],
    ["x.tar.gz", missing, ".tar.gz"],
  ];
  test.each(cases)("for %s with %s is %s", (out, xz, suffix) => {
    expect(chooseCompression(out, 6, xz).suffix).toBe(suffix);
  });

  test("is said where it is not what it should be", () => {
    expect(chooseCompression(undefined, 6, missing).warning).toContain("apt install xz-utils");
    expect(chooseCompression(undefined, 6, here).warning).toBeUndefined();
  });

  test.each([
    ["x.tar.xz", missing, "xz, which is not installed"],
    ["x.zip", here, "end in .tar.xz or .tar.gz"],
  ])("cannot be for %s with %s", (out, xz, message) => {
    expect(() => chooseCompression(out, 6, xz)).toThrow(message);
  });
});
