import type { DeviceProgram, Step } from "@tandem/core";
import { expect, test } from "vitest";
import { chromeTrace } from "./chrome-trace.ts";

const step: Step = {
  id: 7,
  op: "matmul",
  attributes: {},
  inputs: [],
  outputs: [],
  scope: "fc6",
  flops: 3_000_000,
  bytesMoved: 12,
  releases: [],
};
const program: DeviceProgram = {
  device: 1,
  slots: [],
  constants: [],
  stream: [{ kind: "segment", steps: [step] }],
  peakBytes: 0,
};

test("each thread's part of a step is an event with the step's figures, in microseconds from the first start", () => {
  const timings = [
    { step: 7, thread: 0, start: 5000, end: 5003 },
    { step: 7, thread: 1, start: 5001, end: 5003 },
  ];
  const { traceEvents } = chromeTrace([{ device: "wasm:1", program, segment: 0, timings }], ["wasm:0", "wasm:1"]);
  const event = { ph: "X", name: "matmul fc6", cat: "matmul", pid: 1 };
  expect(traceEvents).toEqual([
    { ph: "M", name: "process_name", pid: 0, tid: 0, args: { name: "wasm:0" } },
    { ph: "M", name: "process_name", pid: 1, tid: 0, args: { name: "wasm:1" } },
    { ph: "M", name: "thread_name", pid: 1, tid: 0, args: { name: "thread 0" } },
    { ph: "M", name: "thread_name", pid: 1, tid: 1, args: { name: "thread 1" } },
    { ...event, tid: 0, ts: 0, dur: 3000, args: { flops: 3_000_000, bytes: 12, "GFLOP/s": 1 } },
    { ...event, tid: 1, ts: 1000, dur: 2000, args: { flops: 3_000_000, bytes: 12, "GFLOP/s": 1.5 } },
  ]);
});
