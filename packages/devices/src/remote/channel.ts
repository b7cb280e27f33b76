// How a device's thread or process is talked to, whichever of the two it is.
import type { Answer } from "./protocol.ts";

/** It does not keep the calling process alive until it is told to. */
export interface Channel {
  /** Sends a `Request` or a `WriteMessage`. Memory in `transfers` belongs to the receiver afterwards, or is copied. */
  send(message: object, transfers?: readonly ArrayBuffer[]): void;
  onMessage(listener: (answer: Answer) => void): void;
  /** The other side ended by itself: with what ended it. May be called more than once. */
  onEnd(listener: (cause: unknown) => void): void;
  /** Whether the calling process has to live on for it. */
  keepAlive(isNeeded: boolean): void;
  /** Ends the other side. */
  stop(): Promise<void>;
}
