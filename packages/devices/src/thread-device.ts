// A device in a thread of its own, as the thread that uses it sees it: the same interface, over messages.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  type Backend,
  BackendError,
  type Device,
  type DeviceLimits,
  type DeviceProgram,
  type Executable,
  type MemoryUse,
  type SlotReservation,
} from "@tandem/core";
import { knownBackends } from "./backends.ts";
import { unpackError } from "./error-transport.ts";
import type { Answer, DeviceThreadInput, QuestionName, Questions, WriteMessage } from "./protocol.ts";

/** Node runs no TypeScript, so that sources, too, start the built thread. */
const builtEntry = new URL("../dist/device-thread.js", import.meta.url);

interface PendingRequest {
  readonly resolve: (value: Questions[QuestionName]["gives"]) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a thread on `entry` and opens a device in it. */
export async function openThreadDevice(input: DeviceThreadInput, entry: URL = builtEntry): Promise<Device> {
  if (entry.protocol === "file:" && !existsSync(entry)) {
    throw new BackendError(`${fileURLToPath(entry)} is missing`, { hint: "devices run built code: pnpm build" });
  }
  const thread = new DeviceThread(`${input.backend}:${input.index}`, input, entry);
  try {
    const limits = await thread.ask("open", {});
    return new ThreadDevice(thread, knownBackends[input.backend].backend, limits);
  } catch (error) {
    await thread.stop();
    throw error;
  }
}

/** The thread and what it was asked. It keeps the process alive while an answer is due, and only then. */
class DeviceThread {
  readonly name: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 0;
  #failure: Error | undefined;

  constructor(name: string, input: DeviceThreadInput, entry: URL) {
    this.name = name;
    // The process's own flags may make imports resolve to sources.
    this.#worker = new Worker(entry, { workerData: input, name, execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`its thread ended with code ${code}`)));
  }

  ask<Name extends QuestionName>(kind: Name, question: Questions[Name]["takes"]): Promise<Questions[Name]["gives"]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise<Questions[QuestionName]["gives"]>((resolve, reject) => {
      const id = this.#nextId++;
      this.#worker.postMessage({ kind, id, ...question });
      this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
    }) as Promise<Questions[Name]["gives"]>;
  }

  /** Sends data that the thread takes over. */
  write(message: WriteMessage): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.postMessage(message, [message.data.buffer]);
  }

  async stop(): Promise<void> {
    this.#failure ??= new BackendError(`${this.name} was closed`);
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("error" in answer) pending?.reject(unpackError(answer.error));
    else pending?.resolve(answer.value);
  }

  #fail(cause: unknown): void {
    this.#failure ??= new BackendError(`${this.name} stopped`, {
      cause,
      hint: "its state is lost: open the devices again and resume from the last checkpoint",
    });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

class ThreadDevice implements Device {
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  readonly #thread: DeviceThread;
  #isOpen = true;

  constructor(thread: DeviceThread, backend: Backend, limits: DeviceLimits) {
    this.name = thread.name;
    this.backend = backend;
    this.limits = limits;
    this.#thread = thread;
  }

  reserve(slots: readonly SlotReservation[]): Promise<void> {
    return this.#thread.ask("reserve", { slots });
  }

  release(slots: readonly number[]): Promise<void> {
    return this.#thread.ask("release", { slots });
  }

  write(slot: number, data: ArrayBufferView): void {
    const copy = new Uint8Array(data.byteLength);
    copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#thread.write({ kind: "write", slot, data: copy });
  }

  read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#thread.ask("read", { slot, bytes });
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const executable = await this.#thread.ask("load", { program });
    return {
      submit: (segment, bindings) => this.#thread.ask("submit", { executable, segment, bindings }),
      [Symbol.dispose]: () => {
        this.#thread.ask("unload", { executable }).catch(() => undefined);
      },
    };
  }

  memoryUse(): Promise<MemoryUse> {
    return this.#thread.ask("memoryUse", {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#thread.ask("close", {}).catch(() => undefined);
    await this.#thread.stop();
  }
}
