// Who fills the buffers of a ring: the calling thread, or worker threads that run ahead of it.
import { startWorker } from "../start-worker.ts";
import { type BatchBuffers, fillBatch } from "./batch.ts";
import type { BatchPlan } from "./pass.ts";

/** Fill slot `slot` with batch `number`; also the answer that it is filled. */
export interface FillMessage {
  readonly number: number;
  readonly slot: number;
}

/** What a worker gets when it starts. */
export interface WorkerInput {
  readonly plan: BatchPlan;
  readonly ring: readonly BatchBuffers[];
}

export interface BatchProducer extends AsyncDisposable {
  /** Asks for batch `number` in slot `slot`, whose contents nobody needs any more. */
  request(number: number, slot: number): void;
  /** Resolves when the batch last asked for in `slot` is there. */
  filled(slot: number): Promise<void>;
}

/** Fills a slot when it is waited for, on this thread. */
export function inlineProducer({ plan, ring }: WorkerInput): BatchProducer {
  const requested = new Map<number, number>();
  return {
    request: (number, slot) => {
      requested.set(slot, number);
    },
    filled: async (slot) => {
      const buffers = ring[slot];
      const number = requested.get(slot);
      if (buffers !== undefined && number !== undefined) fillBatch(plan, number, buffers);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Fills slots in `count` worker threads, as soon as they are asked for. */
export function workerProducer(input: WorkerInput, count: number): BatchProducer {
  const waiting = input.ring.map(() => deferred());
  const workers = Array.from({ length: count }, () => startWorker("loading/worker.js", input));
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting) reject(failure);
  };
  for (const worker of workers) {
    worker.on("message", ({ slot }: FillMessage) => waiting[slot]?.resolve());
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`a thread that loads batches ended with code ${code}`)));
    // Threads that nobody waits for do not keep the process alive.
    worker.unref();
  }
  return {
    request: (number, slot) => {
      const answer = deferred();
      waiting[slot] = answer;
      if (failure !== undefined) answer.reject(failure);
      const message: FillMessage = { number, slot };
      workers[number % count]?.postMessage(message);
    },
    filled: async (slot) => {
      for (const worker of workers) worker.ref();
      try {
        await waiting[slot]?.promise;
      } finally {
        for (const worker of workers) worker.unref();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) worker.removeAllListeners("exit");
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  let settle: Pick<Deferred, "resolve" | "reject"> = { resolve: () => {}, reject: () => {} };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A failure is for whoever waits; if nobody does, it is not an unhandled one.
  promise.catch(() => {});
  return { promise, ...settle };
}
