// The entry of a device's process, which ends when the process that uses the device does, however that ended.
import { DeviceServer } from "./device-server.ts";

const server = new DeviceServer((answer) => process.send?.(answer));
process.on("message", server.receive);
process.on("disconnect", () => process.exit());
