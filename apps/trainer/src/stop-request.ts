// Ctrl-C: the first one asks the training to stop and save, the second one ends the process.
import { constants } from "node:os";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface StopRequest {
  /** Aborted by the first signal; the reason is its name. */
  readonly signal: AbortSignal;
  /** 128 + the number of the first signal, as shells have it; undefined if there was none. */
  readonly exitCode: number | undefined;
  /** Stops listening. */
  release(): void;
}

/** What of `process` is needed; tests give their own. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
  exit(code: number): void;
}

/** Two SIGINT closer together are one Ctrl-C that came twice: from the terminal, and from a parent that passed it on. */
const ECHO_MILLISECONDS = 250;

/**
 * Listens for signals. `announce` is told of the first one.
 *
 * Only a repeated Ctrl-C ends the process at once: package managers may add a SIGTERM of their own to the first.
 */
export function listenForStop(
  source: SignalSource,
  announce: (signal: StopSignal) => void,
  now: () => number = () => performance.now(),
): StopRequest {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let firstInterrupt: number | undefined;
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => {
    const listener = (): void => {
      if (name === "SIGINT") {
        firstInterrupt ??= now();
        if (now() - firstInterrupt > ECHO_MILLISECONDS) source.exit(exitCodeOf("SIGINT"));
      }
      if (exitCode !== undefined) return;
      exitCode = exitCodeOf(name);
      announce(name);
      controller.abort(name);
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release: () => {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}

function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}
