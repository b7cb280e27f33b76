// Opens the devices that the environment asks for, each where it belongs: in this process, in a thread, or in a process of its own.
import { availableParallelism } from "node:os";
import type { Capabilities } from "@tandem/backend-webgpu";
import { DeviceGroup, operand } from "@tandem/core";
import { type DeviceOptions, knownBackends, type OpenDevice } from "./backends.ts";
import { type ChosenDevice, chooseDevices, describeChoice, nameOf } from "./choice/choose-devices.ts";
import { type DeviceRequest, dependsOnAdapters, parseRequest } from "./choice/device-request.ts";
import type { DeviceEnvironment } from "./choice/environment.ts";
import { type AdapterSearch, searchAdapters } from "./choice/search-adapters.ts";
import { searchAdaptersApart } from "./choice/search-apart.ts";
import { ProfileRecorder, profilePath } from "./profile/profile-file.ts";
import { activityCounters, mostAtOnce } from "./remote/activity.ts";
import { processChannel, startDeviceProcess } from "./remote/process-channel.ts";
import { openRemoteDevice } from "./remote/remote-device.ts";
import { startDeviceThread } from "./remote/thread-channel.ts";

export interface OpenDevicesOptions {
  /** Compute on the calling thread what would have a thread of its own: for tests. */
  readonly inProcess?: boolean;
  /** Bytes of tensors each device may hold; by default what its backend allows. */
  readonly memoryBytes?: number;
  /** How many devices the program makes use of: no more are opened where the environment does not say. 2 by default. */
  readonly usefulDevices?: number;
  /** Measure when steps run, for `profileListener`, also where TANDEM_PROFILE asks for no file. */
  readonly measure?: boolean;
}

/** Devices, and how they were chosen. Disposing of them ends their threads and processes. */
export class OpenedDevices extends DeviceGroup {
  /** One line: which devices, and why these. */
  readonly description: string;
  /** What each device that is on an adapter can do, in the devices' order. */
  readonly adapters: readonly Capabilities[];
  readonly #activity: SharedArrayBuffer;
  readonly #recorder: ProfileRecorder | undefined;

  constructor(
    devices: readonly OpenDevice[],
    description: string,
    activity: SharedArrayBuffer,
    recorder: ProfileRecorder | undefined,
  ) {
    super(devices);
    this.description = description;
    this.adapters = devices.flatMap(({ capabilities }) => capabilities ?? []);
    this.#activity = activity;
    this.#recorder = recorder;
    this.profileListener = recorder?.record;
    this.transferWatch = recorder?.transferWatch;
  }

  /** The most devices in threads that ever computed at the same time. */
  get mostAtOnce(): number {
    return mostAtOnce(this.#activity);
  }

  /** Writes the profile too, where TANDEM_PROFILE asked for one, and says on standard error where. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    if (this.#recorder !== undefined) console.error(await this.#recorder.write(this.devices.map(({ name }) => name)));
  }
}

/** Reads the variables of `DeviceEnvironment`; throws UsageError for values without a meaning. */
export async function openDevices(
  environment: DeviceEnvironment = process.env,
  { inProcess = false, memoryBytes, usefulDevices, measure = false }: OpenDevicesOptions = {},
): Promise<OpenedDevices> {
  const request = parseRequest(environment);
  const search = dependsOnAdapters(request) ? await searchFor(request) : {};
  const { devices, simd, tune, reasons } = chooseDevices(environment, {
    cores: availableParallelism(),
    ...(usefulDevices !== undefined && { usefulDevices }),
    ...search,
  });
  const activity = activityCounters();
  const path = profilePath(environment);
  const shared = {
    simd,
    tune,
    profile: measure || path !== undefined,
    ...(memoryBytes !== undefined && { memoryBytes }),
  };
  const open = ({ threads, adapter, ...device }: ChosenDevice): Promise<OpenDevice> => {
    const options: DeviceOptions = { ...shared, threads, ...(adapter !== undefined && { adapter }) };
    return openDevice(device, options, inProcess ? undefined : activity);
  };
  const opened = await Promise.allSettled(devices.map(open));
  const failure = opened.find((result) => result.status === "rejected");
  const found = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (failure !== undefined) {
    await Promise.all(found.map((device) => device[Symbol.asyncDispose]()));
    throw failure.reason;
  }
  // Which adapter another process found is known now.
  const described = devices.map((device, index) => ({ ...device, ...adapterOf(found[index]) }));
  const description = describeChoice({ devices: described, reasons });
  return new OpenedDevices(found, description, activity, path === undefined ? undefined : new ProfileRecorder(path));
}

/** Here where adapters were asked for, since devices are opened on them; apart where they are only an opportunity. */
function searchFor({ backend, devices }: DeviceRequest): Promise<AdapterSearch> {
  return backend === "auto" && devices.kind !== "list" ? searchAdaptersApart() : searchAdapters();
}

/** Without `activity` no threads are started. */
async function openDevice(
  { backend, index, process: own }: Omit<ChosenDevice, "threads" | "adapter">,
  options: DeviceOptions,
  activity: SharedArrayBuffer | undefined,
): Promise<OpenDevice> {
  if (own !== undefined) {
    const channel = processChannel(startDeviceProcess(own.variables));
    return openRemoteDevice(channel, { backend, index, options, selector: own.selector });
  }
  const { open, computesOn } = knownBackends[backend];
  if (activity !== undefined && computesOn !== "adapter") {
    return openRemoteDevice(startDeviceThread(nameOf({ backend, index })), { backend, index, options, activity });
  }
  return operand(await open({ count: 1, first: index, ...options }), 0);
}

function adapterOf(device: OpenDevice | undefined): Pick<ChosenDevice, "adapter"> {
  return device?.capabilities === undefined ? {} : { adapter: device.capabilities.adapter };
}
