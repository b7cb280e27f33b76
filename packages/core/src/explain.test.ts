import { expect, test } from "vitest";
import type { Backend } from "./backend.ts";
import { plan } from "./compile.ts";
import { deviceMemoryBytes, summarizeProgram } from "./explain.ts";
import { spec } from "./type.ts";

const backend = (slotAlignment: number): Backend => ({
  name: "made up",
  memory: "slots",
  slotAlignment,
  supports: () => true,
  scratchBytes: ({ op }) => (op === "reduce" ? 100 : 0),
});

/** State of 12 bytes, one temporary of as many, a result of 4, and workspace. */
const programOn = (device: Backend) =>
  plan(
    ({ state, x }) => ({ state: state.add(x), sum: x.sum() }),
    { state: spec("f32", [3]), x: spec("f32", [3]) },
    { backends: [device], donate: ["state"] },
  );

test.each([
  [1, [12, 12, 4, 100]],
  [64, [64, 64, 64, 128]],
])("with an alignment of %i, slots have %j bytes", (alignment, bytes) => {
  const [device] = programOn(backend(alignment)).devices;
  expect(device?.slots.map((slot) => slot.bytes)).toEqual(bytes);
  expect(device?.peakBytes).toBe(bytes.reduce((sum, size) => sum + size));
});

test.each([
  [{ memoryBytes: 1000 }, 320],
  [{ memoryBytes: 1000, fixedBytes: 200 }, 520],
  [{ memoryBytes: 1000, fixedBytes: 200, pageBytes: 256 }, 768],
])("a device of %j has %i bytes of memory for 320 of slots", (limits, total) => {
  expect(deviceMemoryBytes({ peakBytes: 320 }, limits)).toBe(total);
});

test("a summary says the memory of a device that has some of its own", () => {
  const program = programOn(backend(64));
  const limits = { memoryBytes: 10_000, fixedBytes: 2048, pageBytes: 1024 };
  expect(summarizeProgram(program, [{ name: "made up:0", limits }])).toMatch(
    /^made up:0: .*; the device's memory 3\.00 KiB \(3072 bytes, 2\.00 KiB of it the device's own\)$/,
  );
  expect(summarizeProgram(program, [])).toMatch(/^device:0: .* of it state\)$/);
});
