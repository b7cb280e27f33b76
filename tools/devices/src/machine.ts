// What this machine has to compute on, and what would be taken of it: plain data.
import type { Capabilities } from "@tandem/backend-webgpu";
import {
  type AdapterSearch,
  type BackendName,
  backendNames,
  chooseDevices,
  type DeviceEnvironment,
  describeChoice,
} from "@tandem/devices";

export interface Machine extends AdapterSearch {
  /** Threads that it can run at once. */
  readonly cores: number;
  /** Why there is none, and what to install. */
  readonly whyNoAdapter?: string;
}

export interface Listing extends Machine {
  readonly backends: readonly { readonly name: BackendName; readonly about: string }[];
  /** What is taken where nothing is said. */
  readonly auto: Taken;
  /** What is taken as the environment is, where it says something. */
  readonly environment?: Taken;
}

export type Taken =
  | { readonly kind: "devices"; readonly description: string; readonly names: readonly string[] }
  | { readonly kind: "error"; readonly message: string };

const DECISIVE = ["TANDEM_BACKEND", "TANDEM_DEVICES", "TANDEM_THREADS"] as const;

export function listingOf(machine: Machine, environment: DeviceEnvironment): Listing {
  const isDecisive = DECISIVE.some((name) => (environment[name] ?? "").trim() !== "");
  return {
    ...machine,
    backends: backendsOf(machine),
    auto: taken({}, machine),
    ...(isDecisive && { environment: taken(environment, machine) }),
  };
}

function backendsOf({ cores, adapters }: Machine): Listing["backends"] {
  const about: Readonly<Record<BackendName, string>> = {
    webgpu: adaptersText(adapters),
    wasm: `${countOf(cores, "thread")} on ${countOf(cores, "core")}, shared by its devices (TANDEM_THREADS)`,
    tfjs: "one thread a device",
    reference: "one thread a device: the meaning of every op, for tests",
  };
  return backendNames.map((name) => ({ name, about: about[name] }));
}

function adaptersText(adapters: readonly Capabilities[]): string {
  const gpus = adapters.filter(({ isSoftware }) => !isSoftware).length;
  if (adapters.length === 0) return "no adapter";
  return [
    ...(gpus > 0 ? [countOf(gpus, "GPU")] : ["no GPU"]),
    ...(gpus < adapters.length
      ? [
          `${countOf(adapters.length - gpus, "adapter")} that compute${adapters.length - gpus === 1 ? "s" : ""} on the CPU`,
        ]
      : []),
  ].join(", ");
}

function taken(environment: DeviceEnvironment, machine: Machine): Taken {
  try {
    const choice = chooseDevices(environment, machine);
    const names = choice.devices.map(({ backend, index }) => `${backend}:${index}`);
    return { kind: "devices", description: describeChoice(choice), names };
  } catch (error) {
    return { kind: "error", message: error instanceof Error ? error.message : String(error) };
  }
}

function countOf(count: number, what: string): string {
  return `${count === 1 ? "one" : count} ${what}${count === 1 ? "" : "s"}`;
}
