// Runs a kernel on a software adapter, and validates shaders on Dawn's null backend. Needs VK_DRIVER_FILES to name the drivers.
import { type ArrayType, type Attributes, elementCount, type HostArray, hostArray, type Operand } from "@tandem/core";
import { host } from "#host";
import { chooseAdapter } from "./adapter/find-adapters.ts";
import type { Capabilities } from "./capabilities.ts";
import { bufferUsage } from "./device/gpu-flags.ts";
import { ReadbackPool } from "./device/readback.ts";
import type { KernelDefinition, StepShape } from "./kernel.ts";
import type { Dispatch, Storage } from "./shader/dispatch.ts";

/** A device of the first adapter whose name contains `adapter`, or of the backend that executes nothing. */
export async function openTestDevice(adapter: "SwiftShader" | "llvmpipe" | "null"): Promise<GPUDevice> {
  const { request } = await chooseAdapter(adapter);
  const found = await host.requestAdapter(request);
  if (found === null) throw new Error(`the adapter ${adapter} is gone`);
  const limits: Record<string, number> = {};
  for (const name in found.limits) {
    const value = found.limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") limits[name] = value;
  }
  const features = [...found.features] as GPUFeatureName[];
  return found.requestDevice({ requiredFeatures: features, requiredLimits: limits });
}

/** A step of one op, each of whose operands has a slot of its own. */
export function stepOf(
  op: string,
  inputs: readonly ArrayType[],
  outputs: readonly ArrayType[],
  attributes: Attributes,
): StepShape {
  const operands = (types: readonly ArrayType[], first: number): Operand[] =>
    types.map((type, index) => ({ slot: first + index, type }));
  return { op, inputs: operands(inputs, 0), outputs: operands(outputs, inputs.length), attributes };
}

/** Compiles every dispatch; rejects with the compiler's message and the shader. */
export async function validateDispatches(device: GPUDevice, dispatches: readonly Dispatch[]): Promise<void> {
  for (const { wgsl } of dispatches) await pipelineOf(device, wgsl);
}

/** Runs `kernel` on 4-byte inputs, and gives its outputs back. The outputs start as garbage, to show what was not written. */
export async function runKernel(
  device: GPUDevice,
  kernel: KernelDefinition,
  step: StepShape,
  capabilities: Capabilities,
  inputs: readonly HostArray[],
  variant?: string,
): Promise<readonly HostArray[]> {
  const usage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;
  const bufferFor = (bytes: number): GPUBuffer =>
    device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 16) * 16), usage });
  const slots = new Map<number, GPUBuffer>();
  for (const { slot, type } of [...step.inputs, ...step.outputs]) {
    if (!slots.has(slot)) slots.set(slot, bufferFor(4 * elementCount(type.shape)));
  }
  const slot = (operand: Operand | undefined): GPUBuffer => {
    const buffer = slots.get(operand?.slot ?? -1);
    if (buffer === undefined) throw new Error("the dispatch binds an operand that the step has not");
    return buffer;
  };
  const scratch = bufferFor(kernel.scratchBytes?.(step, capabilities) ?? 0);
  const bufferOf = (storage: Storage): GPUBuffer =>
    storage.kind === "scratch" ? scratch : slot((storage.kind === "input" ? step.inputs : step.outputs)[storage.index]);
  for (const operand of step.outputs) {
    device.queue.writeBuffer(slot(operand), 0, new Uint32Array(slot(operand).size / 4).fill(0x4b3c614e));
  }
  for (const [index, data] of inputs.entries()) device.queue.writeBuffer(slot(step.inputs[index]), 0, data.slice());

  for (const { wgsl, bindings, uniforms, workgroups } of kernel.dispatches(step, capabilities, variant)) {
    const pipeline = await pipelineOf(device, wgsl);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = bindings.map(({ storage, offset, bytes: size }, binding) => ({
      binding,
      resource: { buffer: bufferOf(storage), offset, size },
    }));
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    if (uniforms !== undefined) {
      const buffer = device.createBuffer({ size: 256, usage: bufferUsage.uniform | bufferUsage.copyDestination });
      device.queue.writeBuffer(buffer, 0, Uint32Array.from(uniforms));
      const resource = { buffer };
      pass.setBindGroup(
        1,
        device.createBindGroup({ layout: pipeline.getBindGroupLayout(1), entries: [{ binding: 0, resource }] }),
      );
    }
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
  return Promise.all(step.outputs.map((operand) => readBack(device, slot(operand), operand)));
}

async function readBack(device: GPUDevice, source: GPUBuffer, { type }: Operand): Promise<HostArray> {
  return hostArray(type.dtype, elementCount(type.shape), await new ReadbackPool(device).read(source, source.size));
}

async function pipelineOf(device: GPUDevice, code: string): Promise<GPUComputePipeline> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const pipeline = await device
    .createComputePipelineAsync({ layout: "auto", compute: { module } })
    .catch(() => undefined);
  const error = await device.popErrorScope();
  if (pipeline !== undefined && error === null) return pipeline;
  throw new Error(`${error?.message ?? "the pipeline failed"}\n${code}`);
}
