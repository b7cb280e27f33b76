// Opens the devices that the environment asks for, each in a thread of its own.
import { availableParallelism } from "node:os";
import { type Device, DeviceGroup } from "@tandem/core";
import { activityCounters, mostAtOnce } from "./activity.ts";
import { knownBackends } from "./backends.ts";
import { type ChosenDevice, chooseDevices, type DeviceEnvironment } from "./choose-devices.ts";
import { openThreadDevice } from "./thread-device.ts";

export interface OpenDevicesOptions {
  /** Compute on the calling thread instead: for tests. */
  readonly inProcess?: boolean;
  /** Bytes of tensors each device may hold; by default what its backend allows. */
  readonly memoryBytes?: number;
}

/** Devices, and how they were chosen. Disposing of them ends their threads. */
export class OpenedDevices extends DeviceGroup {
  /** One line: which devices, and why these. */
  readonly description: string;
  readonly #activity: SharedArrayBuffer;

  constructor(devices: readonly Device[], description: string, activity: SharedArrayBuffer) {
    super(devices);
    this.description = description;
    this.#activity = activity;
  }

  /** The most devices in threads that ever computed at the same time. */
  get mostAtOnce(): number {
    return mostAtOnce(this.#activity);
  }
}

/** Reads TANDEM_BACKEND and TANDEM_DEVICES; throws UsageError for values without a meaning. */
export async function openDevices(
  environment: DeviceEnvironment = process.env,
  { inProcess = false, memoryBytes }: OpenDevicesOptions = {},
): Promise<OpenedDevices> {
  const { devices, description } = chooseDevices(environment, availableParallelism());
  const activity = activityCounters();
  const limit = memoryBytes === undefined ? {} : { memoryBytes };
  const open = ({ backend, index }: ChosenDevice): Promise<readonly Device[]> =>
    inProcess
      ? knownBackends[backend].open({ count: 1, first: index, ...limit })
      : openThreadDevice({ backend, index, activity, ...limit }).then((device) => [device]);
  const opened = await Promise.allSettled(devices.map(open));
  const failure = opened.find((result) => result.status === "rejected");
  const found = opened.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  if (failure !== undefined) {
    await Promise.all(found.map((device) => device[Symbol.asyncDispose]()));
    throw failure.reason;
  }
  return new OpenedDevices(found, description, activity);
}
