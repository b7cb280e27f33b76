import { describe, expect, test } from "vitest";
import { formatBytes, MemoryError, ShapeError, TandemError } from "./errors.ts";

test.each([
  [512, "512 B"],
  [1536, "1.50 KiB"],
  [0, "0 B"],
  [5 * 1024 ** 2, "5.00 MiB"],
  [4 * 1024 ** 3, "4.00 GiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe("an error", () => {
  const location = {
    op: "conv2d",
    scope: "conv2",
    device: "gpu:0",
    operands: [
      { role: "input", type: { dtype: "f32", shape: [128, 27, 27, 96], device: "gpu:0" }, origin: "conv1/pool" },
      {
        role: "filter",
        type: { dtype: "f32", shape: [5, 5, 48, 128], device: "gpu:0" },
        origin: "parameters.conv2.weight",
      },
    ],
  } as const;

  test("with a location says what, where, and from what", () => {
    const error = new ShapeError("input has 96 channels, filter expects 48").at(location);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.name).toBe("ShapeError");
    expect(error.message).toBe(
      [
        "conv2d: input has 96 channels, filter expects 48",
        "  in      conv2 (gpu:0)",
        "  input   f32[128,27,27,96]   from conv1/pool",
        "  filter  f32[5,5,48,128]     from parameters.conv2.weight",
      ].join("\n"),
    );
  });

  test("keeps its first location, its hint and its cause", () => {
    const cause = new Error("below");
    const error = new ShapeError("no", { hint: "yes", cause }).at(location);
    expect(error.at({ ...location, scope: "elsewhere" })).toBe(error);
    expect(error.message).toContain("  try     yes");
    expect(error.cause).toBe(cause);
  });

  test("about memory carries the numbers", () => {
    const error = new MemoryError("tfjs:0", 6 * 1024 ** 3, 4 * 1024 ** 3);
    expect(error.message).toBe("tfjs:0 needs 6.00 GiB for this program, and has 4.00 GiB");
    expect(error).toMatchObject({ device: "tfjs:0", neededBytes: 6 * 1024 ** 3, availableBytes: 4 * 1024 ** 3 });
    expect(error).toBeInstanceOf(TandemError);
  });
});
