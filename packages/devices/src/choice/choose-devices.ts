// From what the environment asks for and what the machine has to a list of devices, and a line that says why these.
import { type SimdChoice, shareThreads } from "@tandem/backend-wasm";
import { operand, UsageError } from "@tandem/core";
import { type BackendName, knownBackends, type TuneChoice } from "../backends.ts";
import { type AdapterFacts, type AdapterSelector, selectAdapter, usableAdapters } from "./adapters.ts";
import type { ListedDevice } from "./device-list.ts";
import { type DeviceRequest, parseRequest } from "./device-request.ts";
import type { DeviceEnvironment } from "./environment.ts";

export interface ChosenDevice {
  readonly backend: BackendName;
  readonly index: number;
  /** Threads that it computes on; 0 where an adapter computes. */
  readonly threads: number;
  /** Name of the adapter that it is opened on, where that is known here. */
  readonly adapter?: string;
  /** A process of its own: with which variables, and which of the adapters that are found there. */
  readonly process?: {
    readonly variables: Readonly<Record<string, string>>;
    readonly selector: AdapterSelector;
  };
}

export interface DeviceChoice {
  readonly devices: readonly ChosenDevice[];
  readonly simd: SimdChoice;
  readonly tune: TuneChoice;
  /** Why these. */
  readonly reasons: readonly string[];
}

export interface Circumstances {
  /** Threads that this machine can run at once. */
  readonly cores: number;
  /** How many devices what is going to run makes use of; where nothing is said, no more are taken. */
  readonly usefulDevices?: number;
  /** The adapters that were found; none where nobody looked. */
  readonly adapters?: readonly AdapterFacts[];
  /** Why nothing was found where looking itself went wrong. */
  readonly searchFailure?: string;
}

/** The paper's number of GPUs. */
const DEFAULT_USEFUL_DEVICES = 2;

/** Throws UsageError for names and counts that have no meaning, and for adapters that are not among those found. */
export function chooseDevices(environment: DeviceEnvironment, circumstances: Circumstances): DeviceChoice {
  const request = parseRequest(environment);
  const { placed, reasons: placing } = placeDevices(request, circumstances);
  const devices = withThreads(placed, request.threads, circumstances.cores);
  const reasons = [
    ...placing,
    ...(request.threads === undefined ? [] : [`TANDEM_THREADS=${request.threads}`]),
    ...(request.simd === "strict" ? ["TANDEM_WASM=strict"] : []),
    ...(request.tune === "on" ? [] : [`TANDEM_TUNE=${request.tune}`]),
  ];
  const { simd, tune } = request;
  return { devices, simd, tune, reasons };
}

/** One line for the user. */
export function describeChoice({ devices, reasons }: Pick<DeviceChoice, "devices" | "reasons">): string {
  return `${devices.map(describe).join(", ")} (${reasons.join("; ")})`;
}

export function nameOf({ backend, index }: Pick<ChosenDevice, "backend" | "index">): string {
  return `${backend}:${index}`;
}

type PlacedDevice = Omit<ChosenDevice, "threads">;

interface Placement {
  readonly placed: readonly PlacedDevice[];
  readonly reasons: readonly string[];
}

function placeDevices(request: DeviceRequest, circumstances: Circumstances): Placement {
  const { adapters = [] } = circumstances;
  if (request.devices.kind === "list") {
    return {
      placed: placeList(request.devices.list, adapters),
      reasons: [`TANDEM_DEVICES=${request.devices.text}`],
    };
  }
  const { backend, reason } =
    request.backend === "auto"
      ? automaticBackend(circumstances)
      : { backend: request.backend, reason: `TANDEM_BACKEND=${request.backend}` };
  const [count, countReason] =
    request.devices.kind === "count"
      ? [request.devices.count, `TANDEM_DEVICES=${request.devices.count}`]
      : usefulCount(backend, request.threads, circumstances);
  const listed = Array.from({ length: count }, (): ListedDevice => ({ backend, selector: { kind: "next" } }));
  return { placed: placeList(listed, adapters), reasons: [reason, countReason] };
}

/** A GPU, if there is one. Adapters that are software are slower than `wasm`, which computes on the same cores. */
function automaticBackend({ adapters = [], searchFailure }: Circumstances): {
  readonly backend: BackendName;
  readonly reason: string;
} {
  const because = (reason: string): string => `TANDEM_BACKEND=auto: ${reason}`;
  if (adapters.some(({ isSoftware }) => !isSoftware)) return { backend: "webgpu", reason: because("there is a GPU") };
  const names = adapters.map(({ adapter }) => adapter).join(", ");
  const found = searchFailure ?? (names === "" ? "found" : `found, only software: ${names}`);
  return {
    backend: "wasm",
    reason: because(searchFailure === undefined ? `no GPU ${found}` : `no GPU, since ${found}`),
  };
}

/** One device for each adapter or thread that there is, as long as they are useful. */
function usefulCount(
  backend: BackendName,
  threads: number | undefined,
  { cores, usefulDevices = DEFAULT_USEFUL_DEVICES, adapters = [] }: Circumstances,
): readonly [number, string] {
  if (knownBackends[backend].computesOn !== "adapter") {
    return [Math.min(threads ?? cores, usefulDevices), cores === 1 ? "one core" : `${cores} cores`];
  }
  const usable = usableAdapters(adapters);
  const gpus = usable.filter(({ isSoftware }) => !isSoftware).length;
  // One of those that are software has all the cores.
  const count = Math.max(1, Math.min(gpus, usefulDevices));
  return [count, gpus > 0 ? `${gpus === 1 ? "one GPU" : `${gpus} GPUs`}` : "no GPU"];
}

/** Gives every device its number: those that name one first, then the next free one to each of the others. */
function placeList(list: readonly ListedDevice[], adapters: readonly AdapterFacts[]): readonly PlacedDevice[] {
  const taken = new Set<string>();
  for (const { backend, selector } of list) {
    if (selector.kind !== "number") continue;
    const name = nameOf({ backend, index: selector.number });
    if (taken.has(name)) throw new UsageError(`TANDEM_DEVICES names ${name} twice`);
    taken.add(name);
  }
  return list.map((device) => {
    const index = device.selector.kind === "number" ? device.selector.number : nextIndex(device.backend, taken);
    taken.add(nameOf({ backend: device.backend, index }));
    return place(device, index, adapters);
  });
}

function nextIndex(backend: BackendName, taken: ReadonlySet<string>): number {
  let index = 0;
  while (taken.has(nameOf({ backend, index }))) index += 1;
  return index;
}

function place(
  { backend, selector, variables }: ListedDevice,
  index: number,
  adapters: readonly AdapterFacts[],
): PlacedDevice {
  if (variables !== undefined) {
    const there: AdapterSelector = selector.kind === "next" ? { kind: "number", number: 0 } : selector;
    return { backend, index, process: { variables, selector: there } };
  }
  if (knownBackends[backend].computesOn !== "adapter") return { backend, index };
  const here: AdapterSelector = selector.kind === "next" ? { kind: "number", number: index } : selector;
  const adapter = selectAdapter(here, adapters)?.adapter;
  return { backend, index, ...(adapter !== undefined && { adapter }) };
}

/** Shares the threads among the devices that compute on the CPU. */
function withThreads(
  placed: readonly PlacedDevice[],
  requested: number | undefined,
  cores: number,
): readonly ChosenDevice[] {
  const onThreads = placed.filter(({ backend }) => knownBackends[backend].computesOn !== "adapter");
  if (requested !== undefined && requested < onThreads.length) {
    throw new UsageError(`TANDEM_THREADS=${requested} is less than one for each of ${onThreads.length} devices`, {
      hint: `raise it, or set TANDEM_DEVICES to at most ${requested}`,
    });
  }
  if (onThreads.length === 0) return placed.map((device) => ({ ...device, threads: 0 }));
  const shares = shareThreads(requested ?? cores, onThreads.length);
  return placed.map((device) => {
    const position = onThreads.indexOf(device);
    return { ...device, threads: position < 0 ? 0 : operand(shares, position) };
  });
}

function describe(device: ChosenDevice): string {
  const { computesOn } = knownBackends[device.backend];
  const threads =
    computesOn === "threads" ? ` with ${device.threads === 1 ? "one thread" : `${device.threads} threads`}` : "";
  const adapter = device.adapter === undefined ? "" : ` on ${device.adapter}`;
  const process = device.process === undefined ? "" : " in a process of its own";
  return `${nameOf(device)}${threads}${adapter}${process}`;
}
