// A program with its shaders compiled and its uniforms on the device; each submission records one command buffer.
import type { Executable, SegmentTimings, Step } from "@tandem/core";
import type { DeviceHealth } from "../device/device-health.ts";
import type { ReadbackPool } from "../device/readback.ts";
import type { SlotMemory } from "../device/slot-memory.ts";
import { BoundSegment } from "./bound-segment.ts";
import type { PlannedSegment } from "./planned-program.ts";
import { type PreparedDispatch, prepareDispatches } from "./prepare-dispatches.ts";
import type { ShaderCache } from "./shader-cache.ts";
import { now, type StepClock } from "./step-clock.ts";
import { nameOfSegment, nameOfStep } from "./step-name.ts";
import { TimestampQueries } from "./timestamp-queries.ts";

/** What the programs of one device share. */
export interface ProgramSetting {
  readonly name: string;
  readonly device: GPUDevice;
  readonly health: DeviceHealth;
  readonly memory: SlotMemory;
  readonly readback: ReadbackPool;
  readonly shaders: ShaderCache;
  /** Where the device was opened to measure, and can. */
  readonly clock: StepClock | undefined;
}

interface LoadedSegment {
  /** For errors. */
  readonly name: string;
  readonly passes: readonly StepPass[];
  readonly bound: BoundSegment;
  readonly queries: TimestampQueries | undefined;
}

/** The dispatches of one step. */
interface StepPass {
  readonly step: Step;
  readonly dispatches: readonly PreparedDispatch[];
}

/** Rejects with a BackendError where a shader does not compile. */
export async function loadProgram(setting: ProgramSetting, planned: readonly PlannedSegment[]): Promise<Executable> {
  const { name, device, health, memory, shaders, clock } = setting;
  const all = planned.flatMap(({ dispatches }) => dispatches);
  const { dispatches, uniforms } = await health.guard("loading a program", () =>
    prepareDispatches(device, shaders, all),
  );
  let first = 0;
  const segments = planned.map((segment): LoadedSegment => {
    const own = dispatches.slice(first, first + segment.dispatches.length);
    first += own.length;
    const passes = passesOf(own);
    return {
      name: nameOfSegment(segment.steps),
      passes,
      bound: new BoundSegment(name, device, memory, own),
      queries: clock === undefined || passes.length === 0 ? undefined : new TimestampQueries(device, passes.length),
    };
  });
  return new LoadedProgram(setting, segments, uniforms);
}

class LoadedProgram implements Executable {
  readonly #setting: ProgramSetting;
  readonly #segments: readonly LoadedSegment[];
  readonly #uniforms: GPUBuffer | undefined;

  constructor(setting: ProgramSetting, segments: readonly LoadedSegment[], uniforms: GPUBuffer | undefined) {
    this.#setting = setting;
    this.#segments = segments;
    this.#uniforms = uniforms;
  }

  async submit(index: number, bindings: readonly number[]): Promise<SegmentTimings | undefined> {
    const segment = this.#segments[index];
    if (segment === undefined) return undefined;
    const { health } = this.#setting;
    const activity = `running ${segment.name}`;
    health.require(activity);
    const groups = segment.bound.groupsFor(bindings);
    return health.guard(activity, () => this.#run(segment, groups));
  }

  [Symbol.dispose](): void {
    for (const { queries } of this.#segments) queries?.destroy();
    this.#uniforms?.destroy();
  }

  async #run(segment: LoadedSegment, groups: readonly GPUBindGroup[]): Promise<SegmentTimings | undefined> {
    const { readback, clock } = this.#setting;
    const { queries, passes } = segment;
    if (queries === undefined || clock === undefined) {
      await this.#submit(segment, groups);
      return undefined;
    }
    const submitted = now();
    const ends: Promise<number>[] = [];
    const timestamps = readback.collect(queries.bytes, (staging) => {
      const copyTimestamps = (encoder: GPUCommandEncoder): void => queries.encodeCopy(encoder, staging);
      ends.push(this.#submit(segment, groups, copyTimestamps).then(now));
    });
    const [bytes, ended = submitted] = await Promise.all([timestamps, ...ends]);
    const steps = passes.map(({ step }) => step);
    return clock.timingsOf(steps, new BigUint64Array(bytes), { submitted, ended });
  }

  /** Records and submits at once; settles when the GPU has finished. */
  async #submit(
    segment: LoadedSegment,
    groups: readonly GPUBindGroup[],
    encodeMore?: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const { device, health } = this.#setting;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder({ label: segment.name });
    encodePasses(encoder, segment, groups);
    encodeMore?.(encoder);
    device.queue.submit([encoder.finish()]);
    const refusals = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    const [refused] = await Promise.all([refusals, device.queue.onSubmittedWorkDone()]);
    const refusal = refused.find((error) => error !== null);
    if (refusal) health.fail({ kind: "invalid", message: refusal.message });
  }
}

/** One pass, or with `queries` one for each step. WebGPU orders the dispatches of a pass where they touch the same memory. */
function encodePasses(
  encoder: GPUCommandEncoder,
  { name, passes, queries }: LoadedSegment,
  groups: readonly GPUBindGroup[],
): void {
  let next = 0;
  const shared = queries === undefined ? encoder.beginComputePass({ label: name }) : undefined;
  for (const [index, { step, dispatches }] of passes.entries()) {
    const timestampWrites = queries?.writesOf(index);
    const pass =
      shared ??
      encoder.beginComputePass({ label: nameOfStep(step), ...(timestampWrites !== undefined && { timestampWrites }) });
    for (const { shader, uniformGroup, workgroups } of dispatches) {
      pass.setPipeline(shader.pipeline);
      pass.setBindGroup(0, groups[next++]);
      if (uniformGroup !== undefined) pass.setBindGroup(1, uniformGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
    if (pass !== shared) pass.end();
  }
  shared?.end();
}

function passesOf(dispatches: readonly PreparedDispatch[]): readonly StepPass[] {
  const passes: { readonly step: Step; readonly dispatches: PreparedDispatch[] }[] = [];
  for (const dispatch of dispatches) {
    const last = passes.at(-1);
    if (last?.step === dispatch.step) last.dispatches.push(dispatch);
    else passes.push({ step: dispatch.step, dispatches: [dispatch] });
  }
  return passes;
}
