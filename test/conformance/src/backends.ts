// The backends under test. A new one adds a line here and is held to every case.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { openTfjs, tfjsBackend } from "@tandem/backend-tfjs";
import { openWasm, wasmBackend } from "@tandem/backend-wasm";
import { type Backend, type Device, DeviceGroup } from "@tandem/core";

export interface TestedBackend {
  readonly name: string;
  readonly backend: Backend;
  readonly open: (options: { readonly count: number }) => Promise<readonly Device[]>;
}

export const testedBackends: readonly TestedBackend[] = [
  { name: referenceBackend.name, backend: referenceBackend, open: openReference },
  { name: tfjsBackend.name, backend: tfjsBackend, open: openTfjs },
  { name: wasmBackend.name, backend: wasmBackend, open: openWasm },
];

/** Two devices, so that transfers are real. */
export async function openPair({ open }: Pick<TestedBackend, "open">): Promise<DeviceGroup> {
  return new DeviceGroup(await open({ count: 2 }));
}

/** Where the truth is computed. */
export function openTruth(): Promise<DeviceGroup> {
  return openPair({ open: openReference });
}
