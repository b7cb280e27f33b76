// A device on a WebGPU adapter.
import type {
  Backend,
  Device,
  DeviceLimits,
  DeviceProgram,
  Executable,
  MemoryUse,
  SlotReservation,
} from "@tandem/core";
import { webgpuBackendFor } from "../backend.ts";
import type { Capabilities } from "../capabilities.ts";
import type { KernelTable } from "../kernel.ts";
import { kernels as allKernels } from "../kernels/index.ts";
import { loadProgram } from "../programs/loaded-program.ts";
import { planSegments } from "../programs/planned-program.ts";
import { ShaderCache } from "../programs/shader-cache.ts";
import { StepClock } from "../programs/step-clock.ts";
import { DeviceHealth } from "./device-health.ts";
import { ReadbackPool } from "./readback.ts";
import { SlotMemory } from "./slot-memory.ts";

export interface WebgpuDevice extends Device {
  /** What its adapter can do, as far as it is used. */
  readonly capabilities: Capabilities;
}

export interface WebgpuDeviceSetting {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Bytes of tensors that it may hold. */
  readonly memoryBytes: number;
  /** Whether submissions resolve to when their steps ran, where the adapter has timestamps. */
  readonly profile: boolean;
  readonly kernels?: KernelTable;
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
  readonly #device: GPUDevice;
  readonly #kernels: KernelTable;
  readonly #health: DeviceHealth;
  readonly #memory: SlotMemory;
  readonly #readback: ReadbackPool;
  readonly #shaders: ShaderCache;
  readonly #clock: StepClock | undefined;

  constructor(
    device: GPUDevice,
    { name, capabilities, memoryBytes, profile, kernels = allKernels }: WebgpuDeviceSetting,
  ) {
    this.name = name;
    this.backend = webgpuBackendFor(capabilities, kernels);
    this.limits = { memoryBytes };
    this.capabilities = capabilities;
    this.#device = device;
    this.#kernels = kernels;
    this.#health = new DeviceHealth(name, device);
    this.#memory = new SlotMemory(name, device, { memoryBytes, bufferBytes: capabilities.limits.bufferBytes });
    this.#readback = new ReadbackPool(device);
    this.#shaders = new ShaderCache(name, device);
    this.#clock = profile && capabilities.timestamps ? new StepClock() : undefined;
  }

  reserve(slots: readonly SlotReservation[]): Promise<void> {
    return this.#health.guard("reserving memory", () => this.#memory.reserve(slots));
  }

  async release(slots: readonly number[]): Promise<void> {
    this.#memory.release(slots);
  }

  write(slot: number, data: ArrayBufferView): void {
    this.#health.require(`writing slot ${slot}`);
    this.#memory.write(slot, data);
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#health.guard(`reading slot ${slot}`, () =>
      this.#readback.read(this.#memory.bufferOf(slot, bytes), bytes),
    );
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const planned = planSegments(program, {
      deviceName: this.name,
      kernels: this.#kernels,
      capabilities: this.capabilities,
      variantOf: () => undefined,
    });
    return loadProgram(
      {
        name: this.name,
        device: this.#device,
        health: this.#health,
        memory: this.#memory,
        readback: this.#readback,
        shaders: this.#shaders,
        clock: this.#clock,
      },
      planned,
    );
  }

  async memoryUse(): Promise<MemoryUse> {
    return this.#memory.use;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#health.fail({ kind: "closed" });
    this.#memory.releaseAll();
    this.#readback.destroy();
    this.#device.destroy();
    await this.#device.lost;
  }
}
