// A device's process: for drivers that read their environment when they are loaded.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { builtEntry, requireBuilt } from "./built-entry.ts";
import type { Channel } from "./channel.ts";

/** Starts a process whose environment is this one's with `variables` over it. */
export function startDeviceProcess(
  variables: Readonly<Record<string, string>>,
  entry: URL = builtEntry("remote/device-process"),
): ChildProcess {
  requireBuilt(entry);
  return fork(entry, [], {
    env: { ...process.env, ...variables },
    execArgv: [],
    serialization: "advanced",
    // Out of this process's group: Ctrl-C asks this process to finish its step, for which it needs the device.
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

export function processChannel(child: ChildProcess): Channel {
  const hasEnded = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const keepAlive = (isNeeded: boolean): void => {
    const change = isNeeded ? "ref" : "unref";
    child[change]();
    child.channel?.[change]();
  };
  keepAlive(false);
  return {
    // That the process has ended is told to `onEnd`.
    send: (message) => void child.send(message, () => undefined),
    onMessage: (listener) => child.on("message", listener),
    onEnd(listener) {
      child.on("error", listener);
      child.on("exit", (code, signal) => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        listener(new Error(`its process ${child.pid} ended ${how}`));
      });
    },
    keepAlive,
    async stop() {
      if (hasEnded()) return;
      child.ref();
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
