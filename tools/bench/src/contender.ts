// What is measured against each other: this project's backends, and other libraries in processes of their own.
import type { Task } from "./task.ts";

export interface Measured {
  readonly kind: "measured";
  /** Of each repetition, warmed up. */
  readonly seconds: readonly number[];
  /** Seconds of each repetition's parts, where the contender can tell them apart. */
  readonly phases?: { readonly [phase: string]: readonly number[] };
  /** The most memory its process ever held. */
  readonly residentBytes?: number;
  /** How it was done, where there was a choice. */
  readonly note?: string;
}

/** The contender cannot do this, or not in reasonable time. */
interface Unmeasured {
  readonly kind: "unmeasured";
  readonly reason: string;
}

export type Outcome = Measured | Unmeasured;

export interface Contender extends AsyncDisposable {
  readonly name: string;
  /** Contenders of one library share it; the library's ratio is the one to its fastest. */
  readonly library: string;
  /** Version and settings, as lines for the reader. */
  readonly details: Readonly<Record<string, string>>;
  /** Repeats the task for about so long, at least once. What it prepares for one task it keeps until another comes. */
  measure(task: Task, milliseconds: number): Promise<Outcome>;
}
