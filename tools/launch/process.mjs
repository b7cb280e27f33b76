// Child processes that share this one's terminal.
import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a command on this process's terminal and resolves to its exit code (128 + the signal's number where a signal ended it).
 *
 * While it runs, this process outlives Ctrl-C: the command decides when and how to stop. A terminal sends Ctrl-C to the
 * whole process group, so the command has it already; a signal that came to this process alone is passed on.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const handlers = {
      SIGINT: () => process.stdin.isTTY || child.kill("SIGINT"),
      SIGTERM: () => child.kill("SIGTERM"),
      SIGHUP: () => child.kill("SIGHUP"),
    };
    for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);

    // npm runs scripts through a shell that dies of a signal without passing it on: losing the parent is the signal then.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 500);

    const release = () => {
      clearInterval(watch);
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    };
    child.once("error", (error) => {
      release();
      reject(error);
    });
    child.once("close", (code, signal) => {
      release();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
