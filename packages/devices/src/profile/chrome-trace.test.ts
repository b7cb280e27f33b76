import type { DeviceProgram, Step, TransferProfile } from "@tandem/core";
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
  const { traceEvents } = chromeTrace([{ device: "wasm:1", program, segment: 0, timings }], [], ["wasm:0", "wasm:1"]);
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

const transfer = (sent: readonly [number, number], received: readonly [number, number]): TransferProfile => ({
  transfer: 0,
  from: "webgpu:0",
  to: "wasm:0",
  scope: "conv3",
  bytes: 3_000_000,
  sent: { start: sent[0], end: sent[1] },
  received: { start: received[0], end: received[1] },
});

test("a transfer is a slice at each end, and an arrow from one to the other", () => {
  const { traceEvents } = chromeTrace([], [transfer([100, 103], [104, 104])], ["webgpu:0", "wasm:0"]);
  const [sender, receiver] = [
    { pid: 0, tid: 10_000, cat: "transfer" },
    { pid: 1, tid: 10_000, cat: "transfer" },
  ];
  expect(traceEvents).toEqual([
    { ph: "M", name: "process_name", pid: 0, tid: 0, args: { name: "webgpu:0" } },
    { ph: "M", name: "process_name", pid: 1, tid: 0, args: { name: "wasm:0" } },
    { ph: "M", name: "thread_name", pid: 0, tid: 10_000, args: { name: "transfers" } },
    {
      ph: "X",
      name: "send conv3",
      ts: 0,
      dur: 3000,
      args: { bytes: 3_000_000, to: "wasm:0", "GB/s": 1 },
      ...sender,
    },
    { ph: "s", id: 0, name: "transfer", ts: 0, ...sender },
    { ph: "M", name: "thread_name", pid: 1, tid: 10_000, args: { name: "transfers" } },
    { ph: "X", name: "receive conv3", ts: 4000, dur: 1, args: { bytes: 3_000_000, from: "webgpu:0" }, ...receiver },
    { ph: "f", bp: "e", id: 0, name: "transfer", ts: 4000, ...receiver },
  ]);
});

test("transfers that overlap at one device are on rows of their own, and their arrows apart", () => {
  const transfers = [transfer([0, 5], [5, 6]), transfer([1, 7], [7, 8])];
  const { traceEvents } = chromeTrace([], transfers, ["webgpu:0", "wasm:0"]);
  const rows = traceEvents.flatMap((event) =>
    event.ph === "s" || event.ph === "f" ? [[event.id, event.pid, event.tid]] : [],
  );
  expect(rows).toEqual([
    [0, 0, 10_000],
    [1, 0, 10_001],
    [0, 1, 10_000],
    [1, 1, 10_000],
  ]);
});
