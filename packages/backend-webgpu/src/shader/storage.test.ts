// Storage declarations on a real (software) adapter: windows, shared slots.
import { spec } from "@tandem/core";
import { beforeAll, expect } from "vitest";
import { on } from "../adapter/test-adapters.test-support.ts";
import { leastCapabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";
import { openTestDevice, runKernel, stepOf } from "../run-kernel.test-support.ts";
import { linearDispatch } from "./dispatch.ts";
import { declareStorage } from "./storage.ts";

const { describe, test } = on("SwiftShader");
let device: GPUDevice;
beforeAll(async () => {
  device = await openTestDevice("SwiftShader");
});

/** y = 2 x. */
const doubling: KernelDefinition = {
  supports: () => true,
  dispatches(step, capabilities) {
    const count = step.inputs[0]?.type.shape[0] ?? 0;
    const { wgsl, bindings } = declareStorage(
      step,
      [
        { name: "x", storage: { kind: "input", index: 0 }, element: "f32", access: "read", count },
        { name: "y", storage: { kind: "output", index: 0 }, element: "f32", access: "write", count },
      ],
      capabilities,
    );
    const { workgroups, opening } = linearDispatch(count, capabilities);
    return [{ wgsl: `${wgsl}\n${opening}\n  write_y(position, 2.0 * read_x(position));\n}`, bindings, workgroups }];
  },
};

const x = Float32Array.from({ length: 1000 }, (_, index) => index - 3);
const twice = x.map((value) => 2 * value);
const type = spec("f32", [1000]);

describe.each([
  { name: "one window", bindingBytes: 2 ** 27, workgroupsPerAxis: 65535 },
  { name: "three windows of each operand", bindingBytes: 1600, workgroupsPerAxis: 65535 },
  { name: "more workgroups than one axis has", bindingBytes: 2 ** 27, workgroupsPerAxis: 5 },
])("$name", ({ bindingBytes, workgroupsPerAxis }) => {
  const limits = { ...leastCapabilities.limits, bindingBytes, workgroupsPerAxis };
  const capabilities = { ...leastCapabilities, limits };

  test("a shader reads and writes every element", async () => {
    const [y] = await runKernel(device, doubling, stepOf("double", [type], [type], {}), capabilities, [x]);
    expect(y).toEqual(twice);
  });

  test("an output may be its input's memory", async () => {
    const step = { op: "double", inputs: [{ slot: 0, type }], outputs: [{ slot: 0, type }], attributes: {} };
    const [y] = await runKernel(device, doubling, step, capabilities, [x]);
    expect(y).toEqual(twice);
  });
});
