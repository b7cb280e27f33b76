// How a training can end before its time.
import { DeviceLostError, TandemError } from "@tandem/core";

/** The loss or a parameter stopped being a number. */
export class DivergedError extends TandemError {
  readonly step: number;

  constructor(step: number, reason: string, lastCheckpoint: string | undefined) {
    const hint = `use a lower --learning-rate; ${whatIsSaved(lastCheckpoint)}`;
    super(`training diverged at step ${step}: ${reason}`, { hint });
    this.step = step;
  }
}

function whatIsSaved(lastCheckpoint: string | undefined): string {
  return lastCheckpoint === undefined
    ? "no checkpoint had been written yet"
    : `the last good checkpoint is ${lastCheckpoint}`;
}

/** The same loss, saying from where a run can go on and how. */
export function resumable(lost: DeviceLostError, run: string, lastCheckpoint: string | undefined): DeviceLostError {
  const quoted = /^[\w./+=-]+$/.test(run) ? run : `'${run}'`;
  const command = `pnpm --filter trainer start --resume ${quoted}`;
  const hint = whatIsSaved(lastCheckpoint) + (lastCheckpoint === undefined ? "" : `; ${command} goes on from it`);
  return new DeviceLostError(lost.summary, { hint, cause: lost });
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
