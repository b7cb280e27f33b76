// What a device elsewhere was asked and has not answered yet.
import { BackendError, DeviceLostError } from "@tandem/core";
import type { Channel } from "./channel.ts";
import { unpackError } from "./error-transport.ts";
import type { Answer, QuestionName, Questions, WriteMessage } from "./protocol.ts";

interface PendingRequest {
  readonly resolve: (value: Questions[QuestionName]["gives"]) => void;
  readonly reject: (error: Error) => void;
}

/** It keeps the process alive while an answer is due, and only then. */
export class Connection {
  readonly name: string;
  readonly #channel: Channel;
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 0;
  #failure: Error | undefined;

  constructor(name: string, channel: Channel) {
    this.name = name;
    this.#channel = channel;
    channel.onMessage((answer) => this.#settle(answer));
    channel.onEnd((cause) => this.#fail(cause));
  }

  ask<Name extends QuestionName>(kind: Name, question: Questions[Name]["takes"]): Promise<Questions[Name]["gives"]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise<Questions[QuestionName]["gives"]>((resolve, reject) => {
      const id = this.#nextId++;
      this.#channel.send({ kind, id, ...question });
      if (this.#pending.size === 0) this.#channel.keepAlive(true);
      this.#pending.set(id, { resolve, reject });
    }) as Promise<Questions[Name]["gives"]>;
  }

  /** Sends data that the other side takes over. */
  write(message: WriteMessage): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#channel.send(message, [message.data.buffer]);
  }

  async stop(): Promise<void> {
    this.#failure ??= new BackendError(`${this.name} was closed`);
    await this.#channel.stop();
    this.#rejectPending(this.#failure);
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#channel.keepAlive(false);
    if ("error" in answer) pending?.reject(unpackError(answer.error));
    else pending?.resolve(answer.value);
  }

  #fail(cause: unknown): void {
    this.#failure ??= new DeviceLostError(`${this.name} stopped`, {
      cause,
      hint: "its state is lost: open the devices again and resume from the last checkpoint",
    });
    this.#rejectPending(this.#failure);
  }

  #rejectPending(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
