// What a training tells whoever watches it. Plain data; the watcher decides what it looks like.
import type { TopErrors } from "./top-errors.ts";

export interface StepEvent {
  readonly kind: "step";
  /** Steps taken so far, from the beginning of the training. */
  readonly step: number;
  readonly epoch: number;
  /** Mean training loss and top-1 error (percent) over the last steps. */
  readonly loss: number;
  readonly error: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Until the end of everything, tests included. */
  readonly secondsLeft: number;
  /** What this step's loss was multiplied by before it was differentiated, in f16. */
  readonly lossScale?: number;
}

export interface EpochEvent {
  readonly kind: "epoch";
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  readonly error: number;
  readonly validation: TopErrors;
  /** Whether the validation error is the lowest so far. */
  readonly isBest: boolean;
  /** For the epoch to come. */
  readonly learningRate: number;
  readonly seconds: number;
}

export type TrainingEvent =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "start"; readonly totalSteps: number; readonly epochs: number; readonly batch: number }
  | StepEvent
  | EpochEvent
  /** A part of the run that is no training step: `done` of `total` pictures of an evaluation, say. */
  | { readonly kind: "evaluation"; readonly what: string; readonly done: number; readonly total: number };

export type Reporter = (event: TrainingEvent) => void;

/** A reporter that holds on to its terminal until it is disposed of. */
export interface DisposableReporter extends Disposable {
  readonly report: Reporter;
}
