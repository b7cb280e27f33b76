// The entry of a helper thread on Node.
import { parentPort } from "node:worker_threads";
import { helperServing } from "./threads/helper.ts";

const serve = helperServing((message) => parentPort?.postMessage(message));
parentPort?.on("message", serve);
