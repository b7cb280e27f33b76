// The entry of a device's thread.
import { parentPort } from "node:worker_threads";
import { DeviceServer } from "./device-server.ts";

const server = new DeviceServer((answer, transfers) => parentPort?.postMessage(answer, [...transfers]));
parentPort?.on("message", server.receive);
