// When the steps of a program ran and its transfers happened: plain data, and means over it.
import { type DeviceProgram, segmentsOf } from "./program.ts";

/** One thread's part of one step. Times are milliseconds since 1970, of one clock for all threads and devices of a machine. */
export interface StepTiming {
  /** `Step.id`. */
  readonly step: number;
  readonly thread: number;
  readonly start: number;
  readonly end: number;
}

/** What a device measured in one run of a segment. */
export type SegmentTimings = readonly StepTiming[];

export interface SegmentProfile {
  /** Name of the device. */
  readonly device: string;
  readonly program: DeviceProgram;
  readonly segment: number;
  readonly timings: SegmentTimings;
}

export type ProfileListener = (profile: SegmentProfile) => void;

/** From when to when something took, in milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One value's way from one device to another, through the host, in one run of a program. */
export interface TransferProfile {
  /** Index into `Program.transfers`. */
  readonly transfer: number;
  /** Names of the devices. */
  readonly from: string;
  readonly to: string;
  /** Of the node that receives. */
  readonly scope: string;
  readonly bytes: number;
  /** From when the sender had computed the value to when the host had it. */
  readonly sent: Span;
  /** From when the host had it and it was the receiver's turn to when it had been handed over. */
  readonly received: Span;
}

/** Who wants to know of transfers. */
export interface TransferWatch {
  /** Milliseconds since 1970, by the clock that devices measure with. */
  readonly now: () => number;
  readonly record: (profile: TransferProfile) => void;
}

export interface StepProfile {
  readonly stepId: number;
  readonly op: string;
  readonly scope: string;
  /** Of one run, as are the bytes. */
  readonly flops: number;
  readonly bytesMoved: number;
  /** Mean over the runs of the time from the first thread's start to the last one's end. */
  readonly milliseconds: number;
}

/** The steps of a program that ran, in order, with the mean of what was measured of each in `runs` of its segments. */
export function profileByStep(program: DeviceProgram, runs: readonly SegmentTimings[]): readonly StepProfile[] {
  const totals = new Map<number, { milliseconds: number; runs: number }>();
  for (const run of runs) {
    for (const [step, { start, end }] of spansOf(run)) {
      const total = totals.get(step) ?? { milliseconds: 0, runs: 0 };
      totals.set(step, { milliseconds: total.milliseconds + end - start, runs: total.runs + 1 });
    }
  }
  return segmentsOf(program)
    .flat()
    .flatMap(({ id, op, scope, flops, bytesMoved }) => {
      const total = totals.get(id);
      if (total === undefined) return [];
      return [{ stepId: id, op, scope, flops, bytesMoved, milliseconds: total.milliseconds / total.runs }];
    });
}

/** From the first start to the last end of each step of a run. */
function spansOf(run: SegmentTimings): ReadonlyMap<number, Span> {
  const spans = new Map<number, Span>();
  for (const { step, start, end } of run) {
    const span = spans.get(step) ?? { start, end };
    spans.set(step, { start: Math.min(span.start, start), end: Math.max(span.end, end) });
  }
  return spans;
}
