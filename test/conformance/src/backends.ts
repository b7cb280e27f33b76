// The backends under test. A new one adds a line here and is held to every case.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { openTfjs, tfjsBackend } from "@tandem/backend-tfjs";
import { openWasm, wasmBackend } from "@tandem/backend-wasm";
import { findAdapters, openWebgpu, webgpuBackend } from "@tandem/backend-webgpu";
import { type Backend, type Device, DeviceGroup } from "@tandem/core";
import { type SoftwareAdapter, testedAdapters } from "@tandem/test-adapters";

export interface TestedBackend {
  /** As tests call it. */
  readonly name: string;
  readonly backend: Backend;
  readonly open: (options: { readonly count: number }) => Promise<readonly Device[]>;
  /** Random samples that a property is tried on: fewer where every new shape is a shader to compile. */
  readonly samples: number;
}

const onProcessor: readonly TestedBackend[] = [
  { name: referenceBackend.name, backend: referenceBackend, open: openReference, samples: 40 },
  { name: tfjsBackend.name, backend: tfjsBackend, open: openTfjs, samples: 40 },
  { name: wasmBackend.name, backend: wasmBackend, open: openWasm, samples: 40 },
];

const adapters = await findAdapters();

/** WebGPU on each adapter that tests are run on. */
export const webgpuBackends: readonly (TestedBackend & { readonly adapter: SoftwareAdapter })[] = testedAdapters(
  adapters.map(({ adapter }) => adapter),
).map((adapter) => ({
  name: `${webgpuBackend.name} on ${adapter}`,
  backend: webgpuBackend,
  adapter,
  open: ({ count }) => openWebgpu({ count, adapter }),
  samples: 8,
}));

/** The backends that can be opened here. */
export const testedBackends: readonly TestedBackend[] = [...onProcessor, ...webgpuBackends];

/** All backends there are, as they are on the least machine. */
export const knownBackends: readonly Backend[] = [...onProcessor.map(({ backend }) => backend), webgpuBackend];

/** Two devices, so that transfers are real. */
export async function openPair({ open }: Pick<TestedBackend, "open">): Promise<DeviceGroup> {
  return new DeviceGroup(await open({ count: 2 }));
}

/** Where the truth is computed. */
export function openTruth(): Promise<DeviceGroup> {
  return openPair({ open: openReference });
}
