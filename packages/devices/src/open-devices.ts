// Opens the devices that the environment asks for, each in a thread of its own.
import { availableParallelism } from "node:os";
import { type Device, DeviceGroup } from "@tandem/core";
import { type DeviceOptions, knownBackends } from "./backends.ts";
import { type ChosenDevice, chooseDevices } from "./choice/choose-devices.ts";
import type { DeviceEnvironment } from "./choice/environment.ts";
import { ProfileRecorder, profilePath } from "./profile/profile-file.ts";
import { activityCounters, mostAtOnce } from "./remote/activity.ts";
import { openRemoteDevice } from "./remote/remote-device.ts";
import { startDeviceThread } from "./remote/thread-channel.ts";

export interface OpenDevicesOptions {
  /** Compute on the calling thread instead: for tests. */
  readonly inProcess?: boolean;
  /** Bytes of tensors each device may hold; by default what its backend allows. */
  readonly memoryBytes?: number;
  /** How many devices the program makes use of: no more are opened where the environment does not say. 2 by default. */
  readonly usefulDevices?: number;
  /** Measure when steps run, for `profileListener`, also where TANDEM_PROFILE asks for no file. */
  readonly measure?: boolean;
}

/** Devices, and how they were chosen. Disposing of them ends their threads. */
export class OpenedDevices extends DeviceGroup {
  /** One line: which devices, and why these. */
  readonly description: string;
  readonly #activity: SharedArrayBuffer;
  readonly #recorder: ProfileRecorder | undefined;

  constructor(
    devices: readonly Device[],
    description: string,
    activity: SharedArrayBuffer,
    recorder: ProfileRecorder | undefined,
  ) {
    super(devices);
    this.description = description;
    this.#activity = activity;
    this.#recorder = recorder;
    this.profileListener = recorder?.record;
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
  const { devices, simd, description } = chooseDevices(environment, {
    cores: availableParallelism(),
    ...(usefulDevices !== undefined && { usefulDevices }),
  });
  const activity = activityCounters();
  const path = profilePath(environment);
  const shared = { simd, profile: measure || path !== undefined, ...(memoryBytes !== undefined && { memoryBytes }) };
  const open = ({ backend, index, threads }: ChosenDevice): Promise<readonly Device[]> => {
    const options: DeviceOptions = { ...shared, threads };
    return inProcess
      ? knownBackends[backend].open({ count: 1, first: index, ...options })
      : openRemoteDevice(startDeviceThread(`${backend}:${index}`), { backend, index, options, activity }).then(
          (device) => [device],
        );
  };
  const opened = await Promise.allSettled(devices.map(open));
  const failure = opened.find((result) => result.status === "rejected");
  const found = opened.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  if (failure !== undefined) {
    await Promise.all(found.map((device) => device[Symbol.asyncDispose]()));
    throw failure.reason;
  }
  return new OpenedDevices(found, description, activity, path === undefined ? undefined : new ProfileRecorder(path));
}
