// A profile as a Chrome trace: https://ui.perfetto.dev and chrome://tracing show it, a group of rows for each device, one for each
// of its threads, and transfers as arrows from one device's rows to another's.
import { type SegmentProfile, type Step, segmentsOf, type TransferProfile } from "@tandem/core";
import type { TraceEvent } from "./trace-event.ts";
import { transferEvents } from "./transfer-events.ts";

export interface ChromeTrace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly TraceEvent[];
}

/** Zero of its times is when the first step began, or the first transfer. Device n is process n. */
export function chromeTrace(
  profiles: readonly SegmentProfile[],
  transfers: readonly TransferProfile[],
  deviceNames: readonly string[],
): ChromeTrace {
  const starts = [...profiles.flatMap(({ timings }) => timings), ...transfers.map(({ sent }) => sent)];
  const origin = starts.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
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
  return {
    displayTimeUnit: "ms",
    traceEvents: [...names, ...threads.values(), ...events, ...transferEvents(transfers, deviceNames, origin)],
  };
}

/** FLOPs and bytes are those of the whole step, although its threads share them. */
function described({ op, scope, flops, bytesMoved }: Step, milliseconds: number) {
  return {
    name: scope === "" ? op : `${op} ${scope}`,
    cat: op,
    args: { flops, bytes: bytesMoved, "GFLOP/s": milliseconds > 0 ? flops / milliseconds / 1e6 : 0 },
  };
}
