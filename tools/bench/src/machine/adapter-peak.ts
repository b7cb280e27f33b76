// What an adapter reaches with plain loops: multiply-adds in registers, and a copy.
import { create, globals } from "webgpu";
import {
  BYTES_OF_COPYING_WORKGROUP,
  copyShader,
  FLOPS_OF_ROUND,
  INVOCATIONS,
  multiplyAddShader,
} from "./adapter-shaders.ts";
import { bestRate, type RateOptions } from "./best-rate.ts";

export interface AdapterPeak {
  /** GFLOP/s of multiply-adds in f32, each counted as two. */
  readonly f32: number;
  /** The same in f16, where shaders have it. No subgroup matrices take part, which can do more. */
  readonly f16?: number | undefined;
  /** GB/s of a copy, reads and writes counted. */
  readonly copy: number;
}

interface Effort extends RateOptions {
  /** Of the multiply-adds. */
  readonly workgroups: number;
  readonly mostCopiedBytes: number;
}

/** More workgroups than any GPU runs at once, and more bytes than its caches hold. */
const onHardware: Effort = { milliseconds: 40, tries: 8, workgroups: 8192, mostCopiedBytes: 2 ** 28 };
/** Enough to see that it works. */
const onSoftware: Effort = { milliseconds: 5, tries: 2, workgroups: 4, mostCopiedBytes: 2 ** 22 };

/** A dispatch may have no more of them along one axis. */
const MOST_WORKGROUPS = 65_535;

/** Dawn's instances have to outlive their devices. */
const instances: GPU[] = [];

/** `adapter`: its name, or part of it. Rejects with an Error where it does not exist. */
export async function measureAdapterPeak(
  adapter: string,
  { isSoftware }: { readonly isSoftware: boolean },
): Promise<AdapterPeak> {
  const effort = isSoftware ? onSoftware : onHardware;
  const device = await openDevice(adapter);
  try {
    const f32 = await multiplyAddRate(device, "f32", effort);
    const f16 = device.features.has("shader-f16") ? await multiplyAddRate(device, "f16", effort) : undefined;
    const copy = await copyRate(device, effort);
    return { f32, ...(f16 !== undefined && { f16 }), copy };
  } finally {
    device.destroy();
  }
}

async function openDevice(name: string): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  const gpu = create(["enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia", `adapter=${name}`]);
  instances.push(gpu);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error(`the adapter ${name} is gone`);
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: adapter.features.has("shader-f16") ? ["shader-f16"] : [],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
}

async function multiplyAddRate(device: GPUDevice, precision: "f32" | "f16", effort: Effort): Promise<number> {
  const { workgroups } = effort;
  const sums = device.createBuffer({ size: workgroups * INVOCATIONS * 4, usage: GPUBufferUsage.STORAGE });
  const rounds = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const dispatch = await prepareDispatch(device, multiplyAddShader(precision), [sums, rounds], workgroups);
  const run = async (repetitions: number): Promise<void> => {
    device.queue.writeBuffer(rounds, 0, Uint32Array.of(repetitions));
    await dispatch(1);
  };
  const flops = workgroups * INVOCATIONS * FLOPS_OF_ROUND;
  const rate = await bestRate(run, flops / 1e9, effort);
  sums.destroy();
  rounds.destroy();
  return rate;
}

async function copyRate(device: GPUDevice, effort: Effort): Promise<number> {
  const most = Math.min(effort.mostCopiedBytes, device.limits.maxStorageBufferBindingSize);
  const workgroups = Math.min(MOST_WORKGROUPS, Math.floor(most / BYTES_OF_COPYING_WORKGROUP));
  const size = workgroups * BYTES_OF_COPYING_WORKGROUP;
  const usage = GPUBufferUsage.STORAGE;
  const [source, copied] = [device.createBuffer({ size, usage }), device.createBuffer({ size, usage })];
  const dispatch = await prepareDispatch(device, copyShader, [source, copied], workgroups);
  const rate = await bestRate(dispatch, (2 * size) / 1e9, effort);
  source.destroy();
  copied.destroy();
  return rate;
}

/** Dispatches so often, and resolves when that is done. Rejects where WebGPU refuses it, which would take no time. */
async function prepareDispatch(
  device: GPUDevice,
  code: string,
  buffers: readonly GPUBuffer[],
  workgroups: number,
): Promise<(times: number) => Promise<void>> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return async (times) => {
    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let time = 0; time < times; time++) pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const refusal = await device.popErrorScope();
    if (refusal !== null) throw new Error(`the peak cannot be measured: ${refusal.message}`);
    await device.queue.onSubmittedWorkDone();
  };
}
