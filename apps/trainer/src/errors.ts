// How a training can end before its time.
import { TandemError } from "@tandem/core";

/** The loss or a parameter stopped being a number. */
export class DivergedError extends TandemError {
  readonly step: number;

  constructor(step: number, reason: string, lastCheckpoint: string | undefined) {
    const saved =
      lastCheckpoint === undefined
        ? "no checkpoint had been written yet"
        : `the last good checkpoint is ${lastCheckpoint}`;
    super(`training diverged at step ${step}: ${reason}`, { hint: `use a lower --learning-rate; ${saved}` });
    this.step = step;
  }
}

/** Somebody asked the training to stop. */
export class InterruptedError extends TandemError {
  constructor() {
    super("interrupted");
  }
}

export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError();
}

/** What `work` resolves to; rejects with InterruptedError as soon as that is no longer waited for. */
export async function unlessInterrupted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  throwIfInterrupted(signal);
  return await new Promise((resolve, reject) => {
    const stop = (): void => reject(new InterruptedError());
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
