// A profile as a Chrome trace: https://ui.perfetto.dev and chrome://tracing show it, a row for each thread of each device.
import { type SegmentProfile, type Step, segmentsOf } from "@tandem/core";

/** Times in microseconds. */
type TraceEvent =
  | {
      readonly ph: "X";
      readonly name: string;
      readonly cat: string;
      readonly ts: number;
      readonly dur: number;
      readonly pid: number;
      readonly tid: number;
      readonly args: { readonly flops: number; readonly bytes: number; readonly "GFLOP/s": number };
    }
  | {
      readonly ph: "M";
      readonly name: "process_name" | "thread_name";
      readonly pid: number;
      readonly tid: number;
      readonly args: { readonly name: string };
    };

export interface ChromeTrace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly TraceEvent[];
}

/** Zero of its times is when the first step began. Device n is process n. */
export function chromeTrace(profiles: readonly SegmentProfile[], deviceNames: readonly string[]): ChromeTrace {
  const timings = profiles.flatMap((profile) => profile.timings);
  const origin = timings.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
  const threads = new Map<string, TraceEvent>();
  const events = profiles.flatMap(({ device, program, segment, timings }) => {
    const pid = deviceNames.indexOf(device);
    const steps = new Map((segmentsOf(program)[segment] ?? []).map((step) => [step.id, step]));
    return timings.flatMap(({ step: id, thread: tid, start, end }): readonly TraceEvent[] => {
      const step = steps.get(id);
      if (step === undefined) return [];
      threads.set(`${pid} ${tid}`, { ph: "M", name: "thread_name", pid, tid, args: { name: `thread ${tid}` } });
      return [
        { ph: "X", ...described(step, end - start), ts: 1000 * (start - origin), dur: 1000 * (end - start), pid, tid },
      ];
    });
  });
  const names = deviceNames.map(
    (name, pid): TraceEvent => ({ ph: "M", name: "process_name", pid, tid: 0, args: { name } }),
  );
  return { displayTimeUnit: "ms", traceEvents: [...names, ...threads.values(), ...events] };
}

/** FLOPs and bytes are those of the whole step, although its threads share them. */
function described({ op, scope, flops, bytesMoved }: Step, milliseconds: number) {
  return {
    name: scope === "" ? op : `${op} ${scope}`,
    cat: op,
    args: { flops, bytes: bytesMoved, "GFLOP/s": milliseconds > 0 ? flops / milliseconds / 1e6 : 0 },
  };
}
