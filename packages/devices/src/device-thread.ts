// The entry of a device's thread: opens the device and serves requests in the order in which they come.
import { parentPort, workerData } from "node:worker_threads";
import { type Device, type Executable, operand } from "@tandem/core";
import { beginActivity, endActivity } from "./activity.ts";
import { knownBackends } from "./backends.ts";
import { packError } from "./error-transport.ts";
import type { Answer, DeviceThreadInput, QuestionName, Questions, Request, WriteMessage } from "./protocol.ts";

const { backend, index, options, activity }: DeviceThreadInput = workerData;
const running = new Int32Array(activity);
const opening: Promise<readonly Device[]> = knownBackends[backend].open({
  count: 1,
  first: index,
  ...options,
});
// The first request tells what went wrong.
opening.catch(() => undefined);
const executables = new Map<number, Executable>();
let loadedPrograms = 0;
let failedWrite: { readonly error: unknown } | undefined;

async function answerTo(request: Request): Promise<Questions[QuestionName]["gives"]> {
  const device = operand(await opening, 0);
  if (failedWrite !== undefined) {
    const { error } = failedWrite;
    failedWrite = undefined;
    throw error;
  }
  switch (request.kind) {
    case "open":
      return device.limits;
    case "reserve":
      await device.reserve(request.slots);
      return undefined;
    case "release":
      await device.release(request.slots);
      return undefined;
    case "read":
      return await device.read(request.slot, request.bytes);
    case "load":
      executables.set(loadedPrograms, await device.load(request.program));
      return loadedPrograms++;
    case "submit":
      beginActivity(running);
      try {
        return await executables.get(request.executable)?.submit(request.segment, request.bindings);
      } finally {
        endActivity(running);
      }
    case "unload":
      executables.get(request.executable)?.[Symbol.dispose]();
      executables.delete(request.executable);
      return undefined;
    case "memoryUse":
      return await device.memoryUse();
    case "close":
      await device[Symbol.asyncDispose]();
      return undefined;
  }
}

async function serve(message: Request | WriteMessage): Promise<void> {
  if (message.kind === "write") {
    try {
      operand(await opening, 0).write(message.slot, message.data);
    } catch (error) {
      failedWrite ??= { error };
    }
    return;
  }
  try {
    const value = await answerTo(message);
    const answer: Answer = { id: message.id, value };
    parentPort?.postMessage(answer, value instanceof ArrayBuffer ? [value] : []);
  } catch (error) {
    const answer: Answer = { id: message.id, error: packError(error) };
    parentPort?.postMessage(answer);
  }
}

let served: Promise<void> = Promise.resolve();
parentPort?.on("message", (message: Request | WriteMessage) => {
  served = served.then(() => serve(message));
});
