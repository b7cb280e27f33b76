// What the environment asks for, before anything is known of the machine.
import type { SimdChoice } from "@tandem/backend-wasm";
import { UsageError } from "@tandem/core";
import { type BackendName, isBackendName, knownBackends, type TuneChoice } from "../backends.ts";
import { type ListedDevice, parseDeviceList, unknownBackend } from "./device-list.ts";
import { type DeviceEnvironment, given, parseChoice, parseCount } from "./environment.ts";

export interface DeviceRequest {
  readonly backend: "auto" | BackendName;
  /** Which devices, or how many; as many as are useful where nothing is said. */
  readonly devices:
    | { readonly kind: "useful" }
    | { readonly kind: "count"; readonly count: number }
    | { readonly kind: "list"; readonly text: string; readonly list: readonly ListedDevice[] };
  readonly threads: number | undefined;
  readonly simd: SimdChoice;
  readonly tune: TuneChoice;
}

const MOST_DEVICES = 64;
const MOST_THREADS = 1024;

/** Throws UsageError for names and counts that have no meaning. */
export function parseRequest(environment: DeviceEnvironment): DeviceRequest {
  const backend = given(environment.TANDEM_BACKEND) ?? "auto";
  if (backend !== "auto" && !isBackendName(backend)) throw unknownBackend("TANDEM_BACKEND", backend, ["auto"]);
  const threads = given(environment.TANDEM_THREADS);
  return {
    backend,
    devices: parseDevices(given(environment.TANDEM_DEVICES), backend),
    threads: threads === undefined ? undefined : parseCount("TANDEM_THREADS", threads, "threads", MOST_THREADS),
    simd: parseChoice("TANDEM_WASM", given(environment.TANDEM_WASM), ["auto", "strict"]),
    tune: parseChoice("TANDEM_TUNE", given(environment.TANDEM_TUNE), ["on", "off", "force"]),
  };
}

/** Whether what is chosen depends on which adapters there are. Looking for them loads native code. */
export function dependsOnAdapters({ backend, devices }: DeviceRequest): boolean {
  if (devices.kind === "list") {
    return devices.list.some(
      (device) => knownBackends[device.backend].computesOn === "adapter" && device.variables === undefined,
    );
  }
  return backend === "auto" || knownBackends[backend].computesOn === "adapter";
}

function parseDevices(text: string | undefined, backend: DeviceRequest["backend"]): DeviceRequest["devices"] {
  if (text === undefined) return { kind: "useful" };
  if (/^\d+$/.test(text)) return { kind: "count", count: parseCount("TANDEM_DEVICES", text, "devices", MOST_DEVICES) };
  const list = parseDeviceList(text);
  if (list.length > MOST_DEVICES) {
    throw new UsageError(`TANDEM_DEVICES lists ${list.length} devices; the most are ${MOST_DEVICES}`);
  }
  const stranger = list.find((device) => backend !== "auto" && device.backend !== backend);
  if (stranger !== undefined) {
    throw new UsageError(`TANDEM_DEVICES names a device of ${stranger.backend}, but TANDEM_BACKEND is ${backend}`, {
      hint: "leave TANDEM_BACKEND out where TANDEM_DEVICES names backends",
    });
  }
  return { kind: "list", text, list };
}
