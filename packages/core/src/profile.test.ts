import { expect, test } from "vitest";
import { profileByStep, type SegmentTimings } from "./profile.ts";
import type { DeviceProgram, Step } from "./program.ts";

const step = (id: number, op: string): Step => ({
  id,
  op,
  attributes: {},
  inputs: [],
  outputs: [],
  scope: `layer ${id}`,
  flops: 10 * id,
  bytesMoved: id,
  releases: [],
});

const program: DeviceProgram = {
  device: 0,
  slots: [],
  constants: [],
  stream: [
    { kind: "segment", steps: [step(3, "matmul"), step(4, "map")] },
    { kind: "segment", steps: [step(5, "reduce")] },
  ],
  peakBytes: 0,
};

test("a step takes from its first thread's start to its last one's end, on average", () => {
  const runs: readonly SegmentTimings[] = [
    [
      { step: 3, thread: 0, start: 100, end: 104 },
      { step: 3, thread: 1, start: 101, end: 105 },
      { step: 4, thread: 1, start: 105, end: 106 },
    ],
    [
      { step: 3, thread: 0, start: 200, end: 203 },
      { step: 4, thread: 0, start: 203, end: 206 },
    ],
  ];
  expect(profileByStep(program, runs)).toEqual([
    { stepId: 3, op: "matmul", scope: "layer 3", flops: 30, bytesMoved: 3, milliseconds: 4 },
    { stepId: 4, op: "map", scope: "layer 4", flops: 40, bytesMoved: 4, milliseconds: 2 },
  ]);
});
