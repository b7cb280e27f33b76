// The thread that fills batches.
import { parentPort, workerData } from "node:worker_threads";
import { fillBatch } from "./batch.ts";
import type { FillMessage, WorkerInput } from "./producer.ts";

const { plan, ring }: WorkerInput = workerData;

parentPort?.on("message", (message: FillMessage) => {
  const buffers = ring[message.slot];
  if (buffers === undefined) throw new RangeError(`there is no slot ${message.slot} in a ring of ${ring.length}`);
  fillBatch(plan, message.number, buffers);
  parentPort?.postMessage(message);
});
