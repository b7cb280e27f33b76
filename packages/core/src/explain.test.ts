import { expect, test } from "vitest";
import type { Backend } from "./backend.ts";
import { plan } from "./compile.ts";
import { deviceMemoryBytes, explainProgram, summarizeProgram } from "./explain.ts";
import { scope } from "./trace-context.ts";
import { logicalDevice, spec } from "./type.ts";

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

test("an explanation numbers the steps and transfers of all devices in one order", () => {
  const [near, far] = [logicalDevice(0), logicalDevice(1)];
  const program = plan(
    ({ x }) => {
      const first = scope("conv1", () => x.exp());
      const away = scope("conv2", () => first.to(far).exp());
      const here = scope("conv3", () => first.exp());
      return { y: scope("fc6", () => here.matmul(away.to(near))) };
    },
    { x: spec("f32", [16, 16], near) },
    { backends: [backend(1), backend(1)] },
  );
  const text = explainProgram(program, [{ name: "gpu:0" }, { name: "gpu:1" }]);
  const [summary, ...sections] = text.split("\n\n");
  expect(summary).toContain("2 transfers between devices, 2.00 KiB a run");
  expect(sections.map((section) => section.split("\n"))).toEqual([
    [
      "gpu:0",
      "     0  map 0:f32[16,16] -> 1:f32[16,16]  4.10 kFLOP  in conv1",
      "     1  send #0 to gpu:1 1:f32[16,16]  1.00 KiB, received at 2  in conv2",
      "     3  map 1:f32[16,16] -> 0:f32[16,16]  4.10 kFLOP  in conv3",
      "     6  receive #1 from gpu:1 1:f32[16,16]  1.00 KiB, sent at 5  in fc6",
      "     7  matmul 0:f32[16,16] 1:f32[16,16] -> 2:f32[16,16]  8.19 kFLOP  in fc6",
    ],
    [
      "gpu:1",
      "     2  receive #0 from gpu:0 0:f32[16,16]  1.00 KiB, sent at 1  in conv2",
      "     4  map 0:f32[16,16] -> 1:f32[16,16]  4.10 kFLOP  in conv2",
      "     5  send #1 to gpu:0 1:f32[16,16]  1.00 KiB, received at 6  in fc6",
    ],
  ]);
});
