// The threads of a device, as its own thread sees them: it works too, as thread 0, and the helpers take part in what it runs.

import { BackendError } from "@tandem/core";
import { host } from "#host";
import type { HelperThread } from "../host.ts";
import type { SharedMemory, WasmModule } from "../webassembly.ts";
import { Functions } from "./functions.ts";
import type { ToHelper } from "./messages.ts";

export interface PoolOptions {
  /** The device's name, for errors. */
  readonly name: string;
  readonly threads: number;
  readonly memory: SharedMemory;
  readonly library: WasmModule;
}

export class ThreadPool {
  readonly name: string;
  readonly threads: number;
  readonly memory: SharedMemory;
  /** Those of the device's own thread. */
  readonly functions: Functions;
  readonly #helpers: readonly HelperThread[];
  #failure: BackendError | undefined;

  private constructor({ name, threads, memory, library }: PoolOptions, helpers: readonly HelperThread[]) {
    this.name = name;
    this.threads = threads;
    this.memory = memory;
    this.functions = new Functions(memory, library);
    this.#helpers = helpers;
  }

  /** Starts all threads but the calling one. Rejects with BackendError where one does not start. */
  static async open(options: PoolOptions): Promise<ThreadPool> {
    const { name, threads, memory, library } = options;
    const helpers = Array.from({ length: threads - 1 }, (_, index) => host.startHelper(`${name} thread ${index + 1}`));
    const pool = new ThreadPool(options, helpers);
    const ready = helpers.map(
      (helper, index) =>
        new Promise<void>((resolve, reject) => {
          helper.onMessage((message) => {
            if (message.kind === "ready") resolve();
            else reject(pool.#fail(message.reason));
          });
          helper.onEnd((cause) => reject(pool.#fail(cause)));
          helper.post({ kind: "open", thread: index + 1, threads, memory, library });
        }),
    );
    try {
      await Promise.all(ready);
    } catch (error) {
      await pool.stop();
      throw error;
    }
    for (const helper of helpers) helper.release();
    return pool;
  }

  /** Throws BackendError once a helper has ended. */
  requireOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** To every helper. */
  post(message: ToHelper): void {
    for (const helper of this.#helpers) helper.post(message);
  }

  async stop(): Promise<void> {
    this.#failure ??= new BackendError(`${this.name} was closed`);
    await Promise.all(this.#helpers.map((helper) => helper.stop()));
  }

  #fail(cause: unknown): BackendError {
    this.#failure ??= new BackendError(`${this.name}: one of its threads ended`, {
      cause,
      hint: "open the devices again and resume from the last checkpoint",
    });
    return this.#failure;
  }
}
