// From the environment to devices, each in a thread of its own.
export { type BackendName, backendNames } from "./backends.ts";
export { type ChosenDevice, chooseDevices, type DeviceChoice, type DeviceEnvironment } from "./choose-devices.ts";
export { type OpenDevicesOptions, OpenedDevices, openDevices } from "./open-devices.ts";
