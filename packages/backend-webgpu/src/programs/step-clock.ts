// From the timestamps of a GPU to when the steps of a segment ran, in milliseconds since 1970.
import type { SegmentTimings, Step } from "@tandem/core";

const NANOSECONDS = 1e6;

/** The host's clock when a segment was handed over, and when it was found to have ended. */
export interface HostSpan {
  readonly submitted: number;
  readonly ended: number;
}

/** A GPU's clock beside the host's: both run at one rate, and only bounds are known of how far they are apart. */
export class StepClock {
  #milliseconds: number | undefined;

  /** `timestamps[2 i]` and `timestamps[2 i + 1]`, in nanoseconds: the begin and the end of `steps[i]`. */
  timingsOf(steps: readonly Step[], timestamps: BigUint64Array, host: HostSpan): SegmentTimings {
    const [first = 0n] = timestamps;
    const last = timestamps.at(-1) ?? first;
    // A segment neither starts before it was submitted nor ends after it was found to have ended.
    const least = host.submitted - Number(first) / NANOSECONDS;
    const most = host.ended - Number(last) / NANOSECONDS;
    const shift = Math.max(least, Math.min(most, this.#milliseconds ?? most));
    this.#milliseconds = shift;
    const hostTime = (timestamp: bigint | undefined): number => Number(timestamp ?? first) / NANOSECONDS + shift;
    return steps.map(({ id }, index) => {
      const start = hostTime(timestamps[2 * index]);
      return { step: id, thread: 0, start, end: Math.max(start, hostTime(timestamps[2 * index + 1])) };
    });
  }
}

/** The same clock in all threads of a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
