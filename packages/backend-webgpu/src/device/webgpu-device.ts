// A device on a WebGPU adapter.
import {
  type Backend,
  type Device,
  type DeviceLimits,
  type DeviceProgram,
  type Executable,
  type MemoryUse,
  type SlotReservation,
  segmentsOf,
} from "@tandem/core";
import { webgpuBackendFor } from "../backend.ts";
import type { Capabilities } from "../capabilities.ts";
import type { KernelTable } from "../kernel.ts";
import { kernels as allKernels } from "../kernels/index.ts";
import { loadProgram, type ProgramSetting } from "../programs/loaded-program.ts";
import { planSegments } from "../programs/planned-program.ts";
import { ShaderCache } from "../programs/shader-cache.ts";
import { StepClock } from "../programs/step-clock.ts";
import { measureVariant } from "../tuning/measure-variant.ts";
import { type Measure, type TuneMode, Tuner, type TuningChoice } from "../tuning/tuner.ts";
import type { TuningStore } from "../tuning/tuning-store.ts";
import { DeviceHealth } from "./device-health.ts";
import { ReadbackPool } from "./readback.ts";
import { SlotMemory } from "./slot-memory.ts";

export interface WebgpuDevice extends Device {
  /** What its adapter can do, as far as it is used. */
  readonly capabilities: Capabilities;
  /** How the steps loaded so far are run, where there was a choice that was measured. */
  readonly tuning: readonly TuningChoice[];
}

export interface WebgpuDeviceSetting {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Bytes of tensors that it may hold. */
  readonly memoryBytes: number;
  /** Whether submissions resolve to when their steps ran, where the adapter has timestamps. */
  readonly profile: boolean;
  /** All by default. */
  readonly kernels?: KernelTable;
  /** By default nothing is tuned. */
  readonly tuning?: { readonly mode: TuneMode; readonly store: TuningStore };
}

/** Takes `device` over: closing what this gives destroys it. */
export function webgpuDevice(device: GPUDevice, setting: WebgpuDeviceSetting): WebgpuDevice {
  return new OpenWebgpuDevice(device, setting);
}

class OpenWebgpuDevice implements WebgpuDevice {
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  readonly capabilities: Capabilities;
  readonly #kernels: KernelTable;
  readonly #memory: SlotMemory;
  readonly #program: ProgramSetting;
  readonly #tuner: Tuner | undefined;

  constructor(device: GPUDevice, setting: WebgpuDeviceSetting) {
    const { name, capabilities, memoryBytes, profile, kernels = allKernels, tuning } = setting;
    const memoryLimits = { memoryBytes, bufferBytes: capabilities.limits.bufferBytes };
    this.name = name;
    this.backend = webgpuBackendFor(capabilities, kernels);
    this.limits = { memoryBytes };
    this.capabilities = capabilities;
    this.#kernels = kernels;
    this.#memory = new SlotMemory(name, device, memoryLimits);
    this.#program = {
      name,
      device,
      health: new DeviceHealth(name, device),
      memory: this.#memory,
      readback: new ReadbackPool(device),
      shaders: new ShaderCache(name, device),
      clock: profile && capabilities.timestamps ? new StepClock() : undefined,
    };
    if (tuning === undefined) return;
    const memory = new SlotMemory(name, device, memoryLimits);
    const measured = { ...this.#program, memory, kernels, capabilities };
    const measure: Measure = (step, variant) => measureVariant(measured, step, variant).catch(() => undefined);
    this.#tuner = new Tuner({ ...tuning, capabilities, kernels, measure });
  }

  get tuning(): readonly TuningChoice[] {
    return this.#tuner?.choices ?? [];
  }

  reserve(slots: readonly SlotReservation[]): Promise<void> {
    return this.#program.health.guard("reserving memory", () => this.#memory.reserve(slots));
  }

  async release(slots: readonly number[]): Promise<void> {
    this.#memory.release(slots);
  }

  write(slot: number, data: ArrayBufferView): void {
    this.#program.health.require(`writing slot ${slot}`);
    this.#memory.write(slot, data);
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#program.health.guard(`reading slot ${slot}`, () =>
      this.#program.readback.read(this.#memory.bufferOf(slot, bytes), bytes),
    );
  }

  async load(program: DeviceProgram): Promise<Executable> {
    this.#program.health.require("loading a program");
    const variants = await this.#tuner?.variantsFor(segmentsOf(program).flat());
    const planned = planSegments(program, {
      deviceName: this.name,
      kernels: this.#kernels,
      capabilities: this.capabilities,
      variantOf: (step) => variants?.get(step),
    });
    return loadProgram(this.#program, planned);
  }

  async memoryUse(): Promise<MemoryUse> {
    return this.#memory.use;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.health.fail({ kind: "closed" });
    this.#memory.releaseAll();
    this.#program.readback.destroy();
    this.#program.device.destroy();
    await this.#program.device.lost;
  }
}
