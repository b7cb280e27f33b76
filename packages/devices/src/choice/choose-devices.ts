// From the environment to a list of devices with their threads, and a line that says why these.
import { type SimdChoice, shareThreads } from "@tandem/backend-wasm";
import { operand, UsageError } from "@tandem/core";
import { automaticChoice, type BackendName, backendNames, isBackendName, knownBackends } from "../backends.ts";
import { type DeviceEnvironment, given, parseCount } from "./environment.ts";

export interface ChosenDevice {
  readonly backend: BackendName;
  readonly index: number;
  /** Threads that it computes on. */
  readonly threads: number;
}

export interface DeviceChoice {
  readonly devices: readonly ChosenDevice[];
  readonly simd: SimdChoice;
  /** One line for the user. */
  readonly description: string;
}

export interface Circumstances {
  /** Threads that this machine can run at once. */
  readonly cores: number;
  /** How many devices what is going to run makes use of; where nothing is said, no more are taken. */
  readonly usefulDevices?: number;
}

/** The paper's number of GPUs. */
const DEFAULT_USEFUL_DEVICES = 2;
const MOST_DEVICES = 64;
const MOST_THREADS = 1024;

type DeviceName = Omit<ChosenDevice, "threads">;

/** Throws UsageError for names and counts that have no meaning. */
export function chooseDevices(environment: DeviceEnvironment, circumstances: Circumstances): DeviceChoice {
  const { cores } = circumstances;
  const threadsText = given(environment.TANDEM_THREADS);
  const threads =
    threadsText === undefined ? cores : parseCount("TANDEM_THREADS", threadsText, "threads", MOST_THREADS);
  const simd = parseSimd(given(environment.TANDEM_WASM));
  const { names, reasons } = chooseNames(environment, threads, circumstances);
  if (threadsText !== undefined && threads < names.length) {
    throw new UsageError(`TANDEM_THREADS=${threads} is less than one for each of ${names.length} devices`, {
      hint: `raise it, or set TANDEM_DEVICES to at most ${threads}`,
    });
  }
  const shares = shareThreads(threads, names.length);
  const devices = names.map((device, index) => ({ ...device, threads: operand(shares, index) }));
  const causes = [
    ...reasons,
    ...(threadsText === undefined ? [] : [`TANDEM_THREADS=${threads}`]),
    ...(simd === "strict" ? ["TANDEM_WASM=strict"] : []),
  ];
  return { devices, simd, description: `${devices.map(describe).join(", ")} (${causes.join("; ")})` };
}

export function nameOf({ backend, index }: DeviceName): string {
  return `${backend}:${index}`;
}

interface ChosenNames {
  readonly names: readonly DeviceName[];
  readonly reasons: readonly string[];
}

function chooseNames(
  environment: DeviceEnvironment,
  threads: number,
  { cores, usefulDevices = DEFAULT_USEFUL_DEVICES }: Circumstances,
): ChosenNames {
  const request = given(environment.TANDEM_BACKEND) ?? "auto";
  const devices = given(environment.TANDEM_DEVICES);
  if (request !== "auto" && !isBackendName(request)) throw unknownBackend("TANDEM_BACKEND", request, ["auto"]);
  if (devices !== undefined && !/^\d+$/.test(devices)) {
    const listed = devices.split(",").map(parseDevice);
    checkList(listed, request);
    return { names: listed, reasons: [`TANDEM_DEVICES=${devices}`] };
  }
  const { name, reason } =
    request === "auto"
      ? { ...automaticChoice, reason: `TANDEM_BACKEND=auto: ${automaticChoice.reason}` }
      : { name: request, reason: `TANDEM_BACKEND=${request}` };
  const count =
    devices === undefined
      ? Math.min(threads, usefulDevices)
      : parseCount("TANDEM_DEVICES", devices, "devices", MOST_DEVICES);
  const countReason =
    devices === undefined ? (cores === 1 ? "one core" : `${cores} cores`) : `TANDEM_DEVICES=${devices}`;
  return {
    names: Array.from({ length: count }, (_, index) => ({ backend: name, index })),
    reasons: [reason, countReason],
  };
}

function describe(device: ChosenDevice): string {
  if (!knownBackends[device.backend].hasThreads) return nameOf(device);
  return `${nameOf(device)} with ${device.threads === 1 ? "one thread" : `${device.threads} threads`}`;
}

function parseSimd(text: string | undefined): SimdChoice {
  if (text === undefined || text === "auto") return "auto";
  if (text === "strict") return "strict";
  throw new UsageError(`TANDEM_WASM=${text} is neither auto nor strict`);
}

function parseDevice(text: string): DeviceName {
  const [, name, index] = /^\s*([\w-]+):(\d+)\s*$/.exec(text) ?? [];
  if (name === undefined || index === undefined) {
    throw new UsageError(`TANDEM_DEVICES names "${text.trim()}", which is not a device`, {
      hint: `give a count, or a list such as ${backendNames.map((backend) => `${backend}:0`).join(",")}`,
    });
  }
  if (!isBackendName(name)) throw unknownBackend("TANDEM_DEVICES", name);
  return { backend: name, index: Number(index) };
}

function checkList(devices: readonly DeviceName[], request: "auto" | BackendName): void {
  const names = devices.map(nameOf);
  const repeated = names.find((name, position) => names.indexOf(name) !== position);
  if (repeated !== undefined) throw new UsageError(`TANDEM_DEVICES names ${repeated} twice`);
  const stranger = devices.find(({ backend }) => request !== "auto" && backend !== request);
  if (stranger !== undefined) {
    throw new UsageError(`TANDEM_DEVICES names ${nameOf(stranger)}, but TANDEM_BACKEND is ${request}`, {
      hint: "leave TANDEM_BACKEND out where TANDEM_DEVICES names backends",
    });
  }
}

function unknownBackend(variable: string, name: string, others: readonly string[] = []): UsageError {
  return new UsageError(`${variable} names the backend "${name}", which does not exist`, {
    hint: `the known ones are ${[...others, ...backendNames].join(", ")}`,
  });
}
