// From the environment to devices, each in a thread of its own.
export { type BackendName, backendNames } from "./backends.ts";
export { type ChosenDevice, type Circumstances, chooseDevices, type DeviceChoice } from "./choice/choose-devices.ts";
export type { DeviceEnvironment } from "./choice/environment.ts";
export { type OpenDevicesOptions, OpenedDevices, openDevices } from "./open-devices.ts";
