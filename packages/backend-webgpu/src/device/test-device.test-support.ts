// A device for tests whose GPUDevice is at hand, so that a test can lose it, and whose kernels a test can choose.
import { type DeviceProgram, type Operand, type Slot, type Step, spec } from "@tandem/core";
import { host } from "#host";
import { deviceDescriptorFor } from "../adapter/adapter-capabilities.ts";
import { type CapabilityRestrictions, restrictCapabilities } from "../adapter/capability-restrictions.ts";
import { chooseAdapter } from "../adapter/find-adapters.ts";
import type { KernelDefinition, KernelTable } from "../kernel.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { type WebgpuDevice, type WebgpuDeviceSetting, webgpuDevice } from "./webgpu-device.ts";

export interface TestDevice extends AsyncDisposable {
  readonly device: WebgpuDevice;
  readonly gpu: GPUDevice;
}

export interface TestDeviceOptions extends Partial<Omit<WebgpuDeviceSetting, "capabilities">> {
  readonly restrictions?: CapabilityRestrictions;
}

export async function openTestDevice(adapter: string, options: TestDeviceOptions = {}): Promise<TestDevice> {
  const { request, capabilities } = await chooseAdapter(adapter);
  const found = await host.requestAdapter(request);
  if (found === null) throw new Error(`the adapter ${adapter} is gone`);
  const gpu = await found.requestDevice(deviceDescriptorFor(found, capabilities, "test"));
  const device = webgpuDevice(gpu, {
    name: "webgpu:0",
    memoryBytes: 2 ** 40,
    profile: false,
    kernels: testKernels,
    ...options,
    capabilities: restrictCapabilities(capabilities, options.restrictions ?? {}),
  });
  return { device, gpu, [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() };
}

/** Elements of every tensor of the programs here. */
const ELEMENTS = 4;

function elementwise(expression: string, more: Partial<Dispatch> = {}): KernelDefinition {
  const bytes = 4 * ELEMENTS;
  return {
    supports: () => true,
    dispatches: () => [
      {
        wgsl: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
${more.uniforms === undefined ? "" : "struct Uniforms { value: u32 }\n@group(1) @binding(0) var<uniform> uniforms: Uniforms;\n"}
@compute @workgroup_size(${ELEMENTS}) fn main(@builtin(local_invocation_index) i: u32) { y[i] = ${expression}; }`,
        bindings: [
          { storage: { kind: "input", index: 0 }, offset: 0, bytes, access: "read" },
          { storage: { kind: "output", index: 0 }, offset: 0, bytes, access: "read_write" },
        ],
        workgroups: [1, 1, 1],
        ...more,
      },
    ],
  };
}

/** y = 2 x, y = x + 5, y = x + 7, and ones that a device refuses. */
export const testKernels: KernelTable = new Map([
  ["double", elementwise("2.0 * x[i]")],
  ["plusFive", elementwise("x[i] + f32(uniforms.value)", { uniforms: [5] })],
  ["plusSeven", elementwise("x[i] + f32(uniforms.value)", { uniforms: [7] })],
  ["misspelt", elementwise("2.0 * z[i]")],
  ["oversized", elementwise("x[i]", { workgroups: [1, 70_000, 1] })],
  [
    "slow",
    elementwise("spin(x[i])", {
      wgsl: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(${ELEMENTS}) fn main(@builtin(local_invocation_index) i: u32) {
  var value = x[i];
  for (var turn = 0u; turn < 3000000u; turn++) { value = fract(value * 1.7 + 0.1); }
  y[i] = value;
}`,
    }),
  ],
]);

const vector = (slot: number): Operand => ({ slot, type: spec("f32", [ELEMENTS]) });

/** A program of one segment; each step reads the first slot of its pair and writes the second one. */
export function chainOf(steps: readonly (readonly [op: string, from: number, to: number])[]): DeviceProgram {
  const slots = Math.max(...steps.flatMap(([, from, to]) => [from, to])) + 1;
  const slot: Slot = { kind: "temporary", bytes: 4 * ELEMENTS };
  return {
    device: 0,
    slots: Array<Slot>(slots).fill(slot),
    constants: [],
    stream: [
      {
        kind: "segment",
        steps: steps.map(
          ([op, from, to], id): Step => ({
            id,
            op,
            attributes: {},
            inputs: [vector(from)],
            outputs: [vector(to)],
            scope: `layer${id}`,
            flops: ELEMENTS,
            bytesMoved: 8 * ELEMENTS,
            releases: [],
          }),
        ),
      },
    ],
    peakBytes: 4 * ELEMENTS * slots,
  };
}

/** Reserves slots 0, 1, ... of a vector each. */
export function reserveVectors(device: WebgpuDevice, count: number): Promise<void> {
  return device.reserve(Array.from({ length: count }, (_, id) => ({ id, bytes: 4 * ELEMENTS })));
}

export async function readVector(device: WebgpuDevice, slot: number): Promise<readonly number[]> {
  return [...new Float32Array(await device.read(slot, 4 * ELEMENTS))];
}
