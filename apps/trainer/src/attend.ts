// Work that somebody watches: progress on a terminal, and Ctrl-C as a request to stop.
import { listenForStop } from "./stop-request.ts";
import { terminalReporter } from "./terminal-reporter.ts";
import type { Reporter } from "./training-events.ts";

export interface Attended<R> {
  readonly result: R;
  /** 128 + the number of the signal that asked to stop, if one did. */
  readonly stopCode: number | undefined;
}

/** Runs `work`. Its signal is aborted by the first Ctrl-C; the second one ends the process. */
export async function attend<R>(work: (report: Reporter, signal: AbortSignal) => Promise<R>): Promise<Attended<R>> {
  using reporter = terminalReporter(process.stdout);
  const stop = listenForStop(process, () => {
    reporter.report({ kind: "note", text: "Stopping after this step; Ctrl-C again ends at once, without saving" });
  });
  try {
    return { result: await work(reporter.report, stop.signal), stopCode: stop.exitCode };
  } finally {
    stop.release();
  }
}
