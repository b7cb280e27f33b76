// How long a training still takes, from how long its parts took so far.

/** Work that is still to be done, in pictures. */
export interface WorkLeft {
  /** Pictures to train on. */
  readonly training: number;
  /** Pictures to evaluate, each view counted. */
  readonly evaluation: number;
}

/** A picture's forward pass next to its training step, until an evaluation has been timed: forward and two backward passes. */
const EVALUATION_SHARE = 1 / 3;

/** Measures the pace of training and of evaluation apart. */
export class Pace {
  #trained = 0;
  #trainingSeconds = 0;
  #evaluated = 0;
  #evaluationSeconds = 0;

  addTraining(pictures: number, seconds: number): void {
    this.#trained += pictures;
    this.#trainingSeconds += seconds;
  }

  addEvaluation(pictures: number, seconds: number): void {
    this.#evaluated += pictures;
    this.#evaluationSeconds += seconds;
  }

  /** Pictures trained on in a second, evaluations not counted; 0 before the first. */
  get imagesPerSecond(): number {
    return this.#trainingSeconds > 0 ? this.#trained / this.#trainingSeconds : 0;
  }

  /** Infinity before anything was measured. */
  secondsLeft({ training, evaluation }: WorkLeft): number {
    if (this.#trained === 0) return Number.POSITIVE_INFINITY;
    const trainingPace = this.#trainingSeconds / this.#trained;
    const evaluationPace =
      this.#evaluated > 0 ? this.#evaluationSeconds / this.#evaluated : trainingPace * EVALUATION_SHARE;
    return training * trainingPace + evaluation * evaluationPace;
  }
}
