// What a device asks of the platform it runs on. `#host` is `node-host.ts` on Node and `browser-host.ts` elsewhere.
import type { FromHelper, ToHelper } from "./threads/messages.ts";

export interface Host {
  /** Threads that can run at once. */
  availableThreads(): number;
  /** Whether threads can share memory here. */
  readonly canShareMemory: boolean;
  /** Rejects with a BackendError where the file is missing. */
  readFile(file: URL): Promise<Uint8Array<ArrayBuffer>>;
  /** Asks the engine for relaxed SIMD. It may not have it. */
  enableRelaxedSimd(): void;
  /** Starts a thread that serves messages. */
  startHelper(name: string): HelperThread;
}

/** A helper thread as the thread that started it sees it. It keeps no process alive once it is ready. */
export interface HelperThread {
  post(message: ToHelper): void;
  onMessage(listener: (message: FromHelper) => void): void;
  /** Called at most once: with what ended it, whether that was an error or the thread's own exit. */
  onEnd(listener: (cause: unknown) => void): void;
  /** Lets the process end although this thread waits for messages. */
  release(): void;
  stop(): Promise<void>;
}
