// From the environment to devices: GPUs in this process or in one of their own, all others in threads.
export { type BackendName, backendNames } from "./backends.ts";
export {
  type ChosenDevice,
  type Circumstances,
  chooseDevices,
  type DeviceChoice,
  describeChoice,
} from "./choice/choose-devices.ts";
export type { DeviceEnvironment } from "./choice/environment.ts";
export { type AdapterSearch, searchAdapters, whyNoAdapter } from "./choice/search-adapters.ts";
export { type OpenDevicesOptions, OpenedDevices, openDevices } from "./open-devices.ts";
