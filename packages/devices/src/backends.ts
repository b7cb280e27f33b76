// The backends that devices can be opened on. A new one adds an entry here.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { openTfjs, tfjsBackend } from "@tandem/backend-tfjs";
import { openWasm, type SimdChoice, wasmBackend } from "@tandem/backend-wasm";
import type { Backend, Device } from "@tandem/core";

export interface KnownBackend {
  readonly backend: Backend;
  /** Opens devices that compute on the calling thread. A backend ignores what does not concern it. */
  readonly open: (options: OpenOptions) => Promise<readonly Device[]>;
  /** Whether its devices compute on several threads each. */
  readonly hasThreads: boolean;
}

/** What decides how a device is opened, beside its backend: plain data. */
export interface DeviceOptions {
  /** Threads that it computes on. */
  readonly threads: number;
  readonly simd: SimdChoice;
  /** Whether it measures when the steps of programs run. */
  readonly profile: boolean;
  /** Bytes of tensors it may hold; by default what the backend allows. */
  readonly memoryBytes?: number;
}

interface OpenOptions extends DeviceOptions {
  readonly count: number;
  /** Number of the first device, which is part of its name. */
  readonly first: number;
}

export type BackendName = "wasm" | "tfjs" | "reference";

export const knownBackends: Readonly<Record<BackendName, KnownBackend>> = {
  wasm: { backend: wasmBackend, open: openWasm, hasThreads: true },
  tfjs: { backend: tfjsBackend, open: openTfjs, hasThreads: false },
  reference: { backend: referenceBackend, open: openReference, hasThreads: false },
};

export const backendNames: readonly BackendName[] = Object.keys(knownBackends) as BackendName[];

export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(knownBackends, name);
}

/** What `auto` takes, and why. */
export const automaticChoice: { readonly name: BackendName; readonly reason: string } = {
  name: "wasm",
  reason: "the fastest backend that runs on every machine",
};
