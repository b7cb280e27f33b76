// The backends that devices can be opened on. A new one adds an entry here.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { openTfjs, tfjsBackend } from "@tandem/backend-tfjs";
import { openWasm, type SimdChoice, wasmBackend } from "@tandem/backend-wasm";
import { type Capabilities, openWebgpu, webgpuBackend, webgpuBackendFor } from "@tandem/backend-webgpu";
import type { Backend, Device } from "@tandem/core";

export interface KnownBackend {
  /** Opens devices where it is called. A backend ignores what does not concern it. */
  readonly open: (options: OpenOptions) => Promise<readonly OpenDevice[]>;
  /**
   * What computes. `thread`: the one that opened the device; `threads`: that one, with others that it starts; such a device gets a
   * thread of its own, so that the app's stays free. `adapter`: a GPU, so that its device may stay on the app's thread, where
   * the driver sees the environment as it is.
   */
  readonly computesOn: "thread" | "threads" | "adapter";
  /** The backend of a device that lives elsewhere, from what that device can do. */
  readonly backendOf: (capabilities: Capabilities | undefined) => Backend;
}

export interface OpenDevice extends Device {
  /** What decides which kernels it has, where that is not the same for all devices of its backend. */
  readonly capabilities?: Capabilities;
}

/** `off`: never measured; `on`: what is new is measured, on a GPU; `force`: everything is. */
export type TuneChoice = "off" | "on" | "force";

/** What decides how a device is opened, beside its backend: plain data. */
export interface DeviceOptions {
  /** Threads that it computes on. */
  readonly threads: number;
  readonly simd: SimdChoice;
  readonly tune: TuneChoice;
  /** Whether it measures when the steps of programs run. */
  readonly profile: boolean;
  /** Bytes of tensors it may hold; by default what the backend allows. */
  readonly memoryBytes?: number;
  /** Name of the adapter; by default the backend's choice. */
  readonly adapter?: string;
}

interface OpenOptions extends DeviceOptions {
  readonly count: number;
  /** Number of the first device, which is part of its name. */
  readonly first: number;
}

export type BackendName = "webgpu" | "wasm" | "tfjs" | "reference";

export const knownBackends: Readonly<Record<BackendName, KnownBackend>> = {
  webgpu: {
    open: openWebgpu,
    computesOn: "adapter",
    backendOf: (capabilities) => (capabilities === undefined ? webgpuBackend : webgpuBackendFor(capabilities)),
  },
  wasm: { open: openWasm, computesOn: "threads", backendOf: () => wasmBackend },
  tfjs: { open: openTfjs, computesOn: "thread", backendOf: () => tfjsBackend },
  reference: { open: openReference, computesOn: "thread", backendOf: () => referenceBackend },
};

export const backendNames: readonly BackendName[] = Object.keys(knownBackends) as BackendName[];

export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(knownBackends, name);
}
