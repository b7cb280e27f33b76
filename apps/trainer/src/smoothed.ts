// A mean that forgets.

/** Exponential moving average, without a bias towards its start. */
export class Smoothed {
  readonly #weight: number;
  #sum = 0;
  #total = 0;

  /** `memory`: about how many of the last values count. */
  constructor(memory: number) {
    this.#weight = 1 - 1 / memory;
  }

  add(value: number): void {
    this.#sum = this.#sum * this.#weight + value;
    this.#total = this.#total * this.#weight + 1;
  }

  /** NaN before the first value. */
  get mean(): number {
    return this.#sum / this.#total;
  }
}
