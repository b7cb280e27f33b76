// Opens devices on a WebGPU adapter.
import { BackendError, UsageError } from "@tandem/core";
import { host } from "#host";
import { deviceDescriptorFor } from "./adapter/adapter-capabilities.ts";
import { type CapabilityRestrictions, restrictCapabilities } from "./adapter/capability-restrictions.ts";
import { chooseAdapter, type FoundAdapter } from "./adapter/find-adapters.ts";
import type { Capabilities } from "./capabilities.ts";
import { type WebgpuDevice, webgpuDevice } from "./device/webgpu-device.ts";
import type { TuneMode } from "./tuning/tuner.ts";
import { TuningStore } from "./tuning/tuning-store.ts";

export interface WebgpuOptions {
  /** How many devices to open, on one adapter; 1 by default. */
  readonly count?: number;
  /** Number of the first one; 0 by default. */
  readonly first?: number;
  /**
   * Part of the adapter's name; by default the platform's first GPU, else the first one that is software. `null` is Dawn's
   * adapter that validates everything and executes nothing.
   */
  readonly adapter?: string;
  /**
   * Bytes of tensors each device may hold. WebGPU does not tell what a GPU has: without this nothing is refused before the GPU
   * itself does. By default an adapter that is software gets half of the machine's memory.
   */
  readonly memoryBytes?: number;
  /** Whether submissions resolve to when their steps ran, where the adapter has timestamps; false by default. */
  readonly profile?: boolean;
  /** What the adapter has and is not used. */
  readonly restrictions?: CapabilityRestrictions;
  /** Whether the ways to run a step are timed when it is first loaded; `on` by default. */
  readonly tune?: TuneMode;
  /** Path of the file that remembers it; by default `tandem/webgpu-tuning.json` in the user's cache folder. */
  readonly tuningFile?: string;
}

/**
 * Opens `webgpu:0`, `webgpu:1`, ... Rejects with a BackendError that says what to install where there is no adapter, and which
 * ones there are where none has that name.
 */
export async function openWebgpu(options: WebgpuOptions = {}): Promise<readonly WebgpuDevice[]> {
  const { count = 1, first = 0, adapter: part, tuningFile = host.tuningFile } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`openWebgpu expects a count of devices of at least 1, found ${count}`);
  }
  const found = await chooseAdapter(part);
  const names = Array.from({ length: count }, (_, index) => `webgpu:${first + index}`);
  const store = new TuningStore(tuningFile, host, (message) => console.warn(message));
  const opened = await Promise.allSettled(names.map((name) => openOne(name, found, options, store)));
  const devices = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = opened.find((result) => result.status === "rejected");
  if (failure === undefined) return devices;
  await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
  throw failure.reason;
}

async function openOne(
  name: string,
  found: FoundAdapter,
  options: WebgpuOptions,
  store: TuningStore,
): Promise<WebgpuDevice> {
  const { restrictions = {}, profile = false, tune: mode = "on" } = options;
  const capabilities = restrictCapabilities(found.capabilities, restrictions);
  const adapter = await host.requestAdapter(found.request);
  if (adapter === null) throw new BackendError(`${name}: the adapter ${capabilities.adapter} is gone`);
  const memoryBytes = options.memoryBytes ?? defaultMemoryBytes(capabilities);
  const device = await requestDevice(adapter, name, found.capabilities);
  return webgpuDevice(device, { name, capabilities, memoryBytes, profile, tuning: { mode, store } });
}

async function requestDevice(adapter: GPUAdapter, name: string, capabilities: Capabilities): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(deviceDescriptorFor(adapter, capabilities, name));
  } catch (cause) {
    throw new BackendError(`${name} cannot be opened on ${capabilities.adapter}`, {
      hint: "end other programs that use the GPU, or another backend: TANDEM_BACKEND=wasm",
      cause,
    });
  }
}

function defaultMemoryBytes({ isSoftware }: Capabilities): number {
  const shared = isSoftware ? host.memoryBytes() : undefined;
  return shared === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(shared / 2);
}
