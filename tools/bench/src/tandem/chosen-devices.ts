// Which of this project's devices are measured.
import { type OpenDevicesOptions, type OpenedDevices, openDevices } from "@tandem/devices";

export interface TandemChoice {
  /** As TANDEM_BACKEND has it; undefined: what the environment says. */
  readonly backend: string | undefined;
  /** Of all devices together. */
  readonly threads: number;
  readonly devices: number;
}

/** Opens the devices that the choice means, whatever else the environment says of them. */
export function openChosen(
  { backend, threads, devices }: TandemChoice,
  options: OpenDevicesOptions = {},
): Promise<OpenedDevices> {
  const environment = {
    ...process.env,
    ...(backend !== undefined && { TANDEM_BACKEND: backend }),
    TANDEM_THREADS: `${threads}`,
    TANDEM_DEVICES: `${devices}`,
  };
  return openDevices(environment, options);
}
