// A peer in a process of its own, which computes only while it is asked to.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { UsageError } from "@tandem/core";
import type { Contender, Outcome } from "../contender.ts";
import type { Task } from "../task.ts";
import { answerSchema, type PeerAnswer, type PeerReady, type PeerRequest, readySchema } from "./protocol.ts";

export interface PeerCommand {
  readonly name: string;
  readonly library: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A peer that has not answered by then is ended, and started again for the next task. */
  readonly patienceSeconds: number;
}

const START_SECONDS = 60;
/** Of what a peer writes to its standard error, kept for when it fails. */
const KEPT_CHARACTERS = 2000;

/** Starts a peer. Rejects with UsageError, saying what it wrote, if it does not come up. */
export async function startPeer(command: PeerCommand): Promise<Contender> {
  const child = new Child(command);
  try {
    const { ready } = readySchema.parse(await child.line(START_SECONDS));
    return new PeerProcess(command, ready, child);
  } catch (error) {
    await child.end();
    throw error;
  }
}

class PeerProcess implements Contender {
  readonly name: string;
  readonly library: string;
  readonly details: Readonly<Record<string, string>>;
  readonly #command: PeerCommand;
  #child: Child | undefined;
  #requests = 0;

  constructor(command: PeerCommand, { version, details }: PeerReady["ready"], child: Child) {
    this.name = command.name;
    this.library = command.library;
    this.details = { version, ...details };
    this.#command = command;
    this.#child = child;
  }

  async measure(task: Task, milliseconds: number): Promise<Outcome> {
    try {
      const child = await this.#running();
      const request: PeerRequest = { id: this.#requests++, milliseconds, task };
      child.send(request);
      const answer = answerSchema.parse(await child.line(this.#command.patienceSeconds));
      if (answer.id === request.id) return outcomeOf(answer);
      throw new UsageError(`${this.name} answered request ${answer.id}, expected ${request.id}`);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      return { kind: "unmeasured", reason: error instanceof Error ? error.message : `${error}` };
    }
  }

  async #running(): Promise<Child> {
    if (this.#child !== undefined) return this.#child;
    const child = new Child(this.#command);
    this.#child = child;
    await child.line(START_SECONDS);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.end();
    this.#child = undefined;
  }
}

function outcomeOf(answer: PeerAnswer): Outcome {
  if ("unsupported" in answer) return { kind: "unmeasured", reason: answer.unsupported };
  if ("error" in answer) return { kind: "unmeasured", reason: answer.error };
  const { seconds, phases, residentBytes, note } = answer;
  return {
    kind: "measured",
    seconds,
    ...(phases !== undefined && { phases }),
    ...(residentBytes !== undefined && { residentBytes }),
    ...(note !== undefined && { note }),
  };
}

/** A process that is read line by line. */
class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #lines: AsyncIterator<string>;
  #complaints = "";

  constructor({ name, command, arguments: words, environment }: PeerCommand) {
    this.#name = name;
    this.#process = spawn(command, words, { stdio: "pipe", env: { ...process.env, ...environment } });
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(error.message));
      this.#process.once("close", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
    });
    this.#process.stdin?.on("error", () => undefined);
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS);
    });
    const lines = this.#process.stdout === null ? [] : createInterface(this.#process.stdout);
    this.#lines = (async function* () {
      yield* lines;
    })();
  }

  send(message: PeerRequest): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** The next line, as JSON. Rejects with UsageError if none comes in time, or the process ends. */
  async line(patienceSeconds: number): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patienceSeconds * 1000);
    });
    const found = await Promise.race([this.#lines.next(), late]);
    clearTimeout(timer);
    if (found === undefined) throw new UsageError(`no answer within ${patienceSeconds} s`);
    if (found.done !== true) return JSON.parse(found.value);
    const complaints = this.#complaints.trim();
    throw new UsageError(`${this.#name} does not answer: ${await this.#ended}${complaints && `\n${complaints}`}`);
  }

  async end(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
