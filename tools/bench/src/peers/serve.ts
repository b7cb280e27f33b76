// The peer's end of the line, for libraries in JavaScript: answers requests until there are no more.
import { createInterface } from "node:readline";
import type { Task } from "../task.ts";
import type { PeerAnswer, PeerReady, PeerRequest } from "./protocol.ts";

export interface PeerLibrary {
  readonly version: string;
  readonly details: Readonly<Record<string, string>>;
  /** Operands for the task, and what computes it. Throws UnsupportedError where the library has no such thing. */
  prepare(task: Task): PreparedTask | Promise<PreparedTask>;
}

export interface PreparedTask {
  /** Returns, or resolves, when the result exists, which it gives up again. */
  run(): unknown;
  dispose(): unknown;
}

export class UnsupportedError extends Error {}

/** Serves standard input. Whatever the library prints goes to standard error. */
export async function serve(open: () => Promise<PeerLibrary>): Promise<void> {
  console.log = console.info = console.error;
  const library = await open();
  const { version, details } = library;
  say({ ready: { version, details } });
  let prepared: { readonly key: string; readonly task: PreparedTask } | undefined;
  for await (const line of createInterface(process.stdin)) {
    const { id, task, milliseconds } = JSON.parse(line) as PeerRequest;
    const key = JSON.stringify(task);
    try {
      if (prepared?.key !== key) {
        await prepared?.task.dispose();
        prepared = undefined;
        prepared = { key, task: await library.prepare(task) };
        await prepared.task.run();
      }
      const seconds = await repeat(prepared.task, milliseconds);
      say({ id, seconds, residentBytes: process.resourceUsage().maxRSS * 1024 });
    } catch (error) {
      if (error instanceof UnsupportedError) say({ id, unsupported: error.message });
      else say({ id, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

async function repeat(task: PreparedTask, milliseconds: number): Promise<readonly number[]> {
  const seconds: number[] = [];
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    await task.run();
    seconds.push((performance.now() - start) / 1000);
  } while (performance.now() < end);
  return seconds;
}

function say(message: PeerReady | PeerAnswer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
