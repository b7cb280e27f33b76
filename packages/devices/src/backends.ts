// The backends that devices can be opened on. A new one adds an entry here.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { openTfjs, tfjsBackend } from "@tandem/backend-tfjs";
import type { Backend, Device } from "@tandem/core";

export interface KnownBackend {
  readonly backend: Backend;
  /** Opens devices that compute on the calling thread. */
  readonly open: (options: OpenOptions) => Promise<readonly Device[]>;
}

interface OpenOptions {
  readonly count: number;
  /** Number of the first device, which is part of its name. */
  readonly first: number;
  /** Bytes of tensors each device may hold; by default what the backend allows. */
  readonly memoryBytes?: number;
}

export type BackendName = "reference" | "tfjs";

export const knownBackends: Readonly<Record<BackendName, KnownBackend>> = {
  reference: { backend: referenceBackend, open: openReference },
  tfjs: { backend: tfjsBackend, open: openTfjs },
};

export const backendNames: readonly BackendName[] = Object.keys(knownBackends) as BackendName[];

export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(knownBackends, name);
}

/** What `auto` takes, the first one first, and why. */
export const automaticChoice: readonly { readonly name: BackendName; readonly reason: string }[] = [
  { name: "tfjs", reason: "the fastest backend that runs on every machine" },
];
