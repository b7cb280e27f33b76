import { openDevices } from "@tandem/devices";
import { describe, expect, test } from "vitest";
import type { OperationTask } from "../task.ts";
import { prepareOperation } from "./operation.ts";

const product = { kind: "matmul", m: 3, k: 4, n: 5 } as const;
const convolution = {
  kind: "convolution",
  batch: 2,
  size: 6,
  channels: 4,
  maps: 6,
  kernel: 3,
  stride: 2,
  padding: [0, 1],
  groups: 2,
} as const;

const cases: readonly (readonly [OperationTask, string])[] = [
  [{ ...product, transposeA: false, transposeB: false }, "matmul"],
  [{ ...product, transposeA: true, transposeB: false }, "matmul"],
  [{ ...product, transposeA: false, transposeB: true }, "matmul"],
  [{ ...convolution, pass: "forward" }, "conv2d"],
  [{ ...convolution, pass: "input gradient" }, "conv2dInputGradient"],
  [{ ...convolution, pass: "filter gradient" }, "conv2dFilterGradient"],
];

describe("a measured operation", () => {
  test.each(cases)("%j is one kernel and nothing beside it", async (task, op) => {
    await using devices = await openDevices({ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, { inProcess: true });
    await using operation = await prepareOperation(task, devices);
    expect(operation.ops).toEqual([op]);
    expect(await operation.run()).toEqual({});
    expect(await operation.run()).toEqual({});
  });
});
