// The adapters of this machine, and the one that devices are opened on.
import { BackendError } from "@tandem/core";
import { host } from "#host";
import type { Capabilities } from "../capabilities.ts";
import { capabilitiesOf } from "./adapter-capabilities.ts";
import type { AdapterRequest } from "./host.ts";

export interface FoundAdapter {
  readonly request: AdapterRequest;
  readonly capabilities: Capabilities;
}

/**
 * What the adapters of this machine can do, GPUs before software, otherwise in the platform's order. Empty where there is none;
 * rejects with a BackendError where WebGPU itself is missing. Adapters of one name are listed once.
 */
export async function findAdapters(): Promise<readonly Capabilities[]> {
  return (await searchAdapters()).map(({ capabilities }) => capabilities);
}

/**
 * The first adapter whose name contains `part`, in whatever case; by default the first one that is not software, else the first.
 * `null` is the adapter that executes nothing. Rejects with a BackendError that says what there is, and what to install.
 */
export async function chooseAdapter(part?: string): Promise<FoundAdapter> {
  if (part === "null") return nullAdapter();
  const found = await searchAdapters();
  const [first] = found;
  if (first === undefined) throw noAdapter();
  if (part === undefined) return first;
  const chosen = found.find(({ capabilities }) => capabilities.adapter.toLowerCase().includes(part.toLowerCase()));
  if (chosen !== undefined) return chosen;
  throw new BackendError(`no WebGPU adapter has "${part}" in its name`, {
    hint: `one of those there are: ${found.map(({ capabilities }) => capabilities.adapter).join(", ")}`,
  });
}

async function searchAdapters(): Promise<readonly FoundAdapter[]> {
  const names = await host.adapterNames();
  const requests: readonly AdapterRequest[] =
    names === undefined ? [{ kind: "platform" }] : names.map((name) => ({ kind: "named", name }));
  const found: FoundAdapter[] = [];
  for (const request of requests) {
    const adapter = await host.requestAdapter(request);
    if (adapter === null) continue;
    found.push({ request, capabilities: capabilitiesOf(adapter, request.kind === "named" ? request.name : undefined) });
  }
  return [...found.filter(isHardware), ...found.filter((each) => !isHardware(each))];
}

function isHardware({ capabilities }: FoundAdapter): boolean {
  return !capabilities.isSoftware;
}

async function nullAdapter(): Promise<FoundAdapter> {
  const request: AdapterRequest = { kind: "null" };
  const adapter = await host.requestAdapter(request);
  if (adapter === null) throw new BackendError("this build of Dawn has no adapter `null`");
  return { request, capabilities: { ...capabilitiesOf(adapter, "null"), isSoftware: true } };
}

function noAdapter(): BackendError {
  const { lookedFor, install } = host.driverAdvice;
  const lines = [...install, "no GPU at all: TANDEM_BACKEND=wasm needs none"];
  return new BackendError(`no WebGPU adapter was found; looked for ${lookedFor()}`, {
    hint: lines.join("\n       "),
  });
}
