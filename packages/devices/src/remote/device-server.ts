// A device's side of the conversation, in whatever thread or process it lives: opens it and issues requests in the order in which
// they come. None waits for an earlier one to finish, since a device orders what it was asked itself.

import { findAdapters } from "@tandem/backend-webgpu";
import { BackendError, type Device, type Executable, operand } from "@tandem/core";
import { knownBackends, type OpenDevice } from "../backends.ts";
import { type AdapterSelector, selectAdapter } from "../choice/adapters.ts";
import { beginActivity, endActivity } from "./activity.ts";
import { packError } from "./error-transport.ts";
import type { Answer, DeviceInput, DeviceTraits, QuestionName, Questions, Request, WriteMessage } from "./protocol.ts";

/** Sends an answer; the memory in `transfers` is no longer needed here. */
export type Reply = (answer: Answer, transfers: readonly ArrayBuffer[]) => void;

export class DeviceServer {
  readonly #reply: Reply;
  readonly #openDevice: (input: DeviceInput) => Promise<OpenDevice>;
  readonly #unanswered = new Set<Promise<void>>();
  readonly #executables = new Map<number, Executable>();
  #device: Device | undefined;
  #activity: Int32Array | undefined;
  #loadedPrograms = 0;
  #submissions = 0;
  #failedWrite: { readonly error: unknown } | undefined;

  constructor(reply: Reply, open: (input: DeviceInput) => Promise<OpenDevice> = openHere) {
    this.#reply = reply;
    this.#openDevice = open;
  }

  readonly receive = (message: Request | WriteMessage): void => {
    if (message.kind === "write") {
      this.#write(message);
      return;
    }
    const serving = this.#serve(message);
    this.#unanswered.add(serving);
    void serving.then(() => this.#unanswered.delete(serving));
  };

  #write({ slot, data }: WriteMessage): void {
    try {
      this.#opened().write(slot, data);
    } catch (error) {
      this.#failedWrite ??= { error };
    }
  }

  async #serve(request: Request): Promise<void> {
    try {
      const value = await this.#answerTo(request);
      this.#reply({ id: request.id, value }, value instanceof ArrayBuffer ? [value] : []);
    } catch (error) {
      this.#reply({ id: request.id, error: packError(error) }, []);
    }
  }

  async #answerTo(request: Request): Promise<Questions[QuestionName]["gives"]> {
    if (request.kind === "open") return await this.#open(request.input);
    const device = this.#opened();
    this.#throwFailedWrite();
    switch (request.kind) {
      case "reserve":
        await device.reserve(request.slots);
        return undefined;
      case "release":
        await device.release(request.slots);
        return undefined;
      case "read":
        return await device.read(request.slot, request.bytes);
      case "load":
        return this.#keep(await device.load(request.program));
      case "submit":
        this.#beginSubmission();
        try {
          return await this.#executables.get(request.executable)?.submit(request.segment, request.bindings);
        } finally {
          this.#endSubmission();
        }
      case "unload":
        this.#executables.get(request.executable)?.[Symbol.dispose]();
        this.#executables.delete(request.executable);
        return undefined;
      case "memoryUse":
        return await device.memoryUse();
      case "close":
        await Promise.all(this.#unanswered);
        await device[Symbol.asyncDispose]();
        return undefined;
    }
  }

  async #open(input: DeviceInput): Promise<DeviceTraits> {
    const device = await this.#openDevice(input);
    const { activity } = input;
    this.#device = device;
    this.#activity = activity === undefined ? undefined : new Int32Array(activity);
    const { limits, capabilities } = device;
    return { limits, ...(capabilities !== undefined && { capabilities }) };
  }

  #opened(): Device {
    if (this.#device === undefined) throw new BackendError("the device was asked for something before it was open");
    return this.#device;
  }

  #keep(executable: Executable): number {
    this.#executables.set(this.#loadedPrograms, executable);
    return this.#loadedPrograms++;
  }

  #throwFailedWrite(): void {
    if (this.#failedWrite === undefined) return;
    const { error } = this.#failedWrite;
    this.#failedWrite = undefined;
    throw error;
  }

  /** However many submissions it has to run, it is one device that computes. */
  #beginSubmission(): void {
    if (this.#submissions++ === 0 && this.#activity !== undefined) beginActivity(this.#activity);
  }

  #endSubmission(): void {
    if (--this.#submissions === 0 && this.#activity !== undefined) endActivity(this.#activity);
  }
}

async function openHere({ backend, index, options, selector }: DeviceInput): Promise<OpenDevice> {
  const { open, computesOn } = knownBackends[backend];
  const adapter = computesOn === "adapter" && selector !== undefined ? await adapterFor(selector) : undefined;
  const opened = await open({ count: 1, first: index, ...options, ...(adapter !== undefined && { adapter }) });
  return operand(opened, 0);
}

/** The name of the adapter; `undefined` where there is none, which the backend then says. */
async function adapterFor(selector: AdapterSelector): Promise<string | undefined> {
  return selectAdapter(selector, await findAdapters())?.adapter;
}
